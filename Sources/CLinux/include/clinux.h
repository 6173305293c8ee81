// What Swift's Glibc module leaves out: epoll, eventfd, timerfd, a thread's name, the allocator's settings. Headers only, but for libcurl (ccurl.h).
#pragma once
#include "ccurl.h"
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

// Function-like or cast macros do not cross into Swift; these do.
static const uint32_t cl_epollin = EPOLLIN;
static const uint32_t cl_epollout = EPOLLOUT;
static const uint32_t cl_epollhup = EPOLLHUP;
static const uint32_t cl_epollerr = EPOLLERR;
static const int cl_eventfd_flags = EFD_NONBLOCK | EFD_CLOEXEC;
static const int cl_epoll_cloexec = EPOLL_CLOEXEC;
static const int cl_timerfd_flags = TFD_CLOEXEC;
// The name CLOCK_REALTIME has another type in Swift's Glibc than timerfd_create() takes.
static const int cl_realtime = CLOCK_REALTIME;
static const int cl_timer_watches_clock = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

#include <malloc.h>
// How glibc's allocator keeps memory, mallopt(3): so many arenas at most, to be said before there are threads; large pieces on their own from
// `large` bytes on, and what is free at an arena's end given back from `trim` bytes on.
static inline void cl_bound_arenas(int arenas) { mallopt(M_ARENA_MAX, arenas); }
static inline void cl_bound_memory(int large, int trim) {
  mallopt(M_MMAP_THRESHOLD, large);
  mallopt(M_TRIM_THRESHOLD, trim);
}

#include <sys/prctl.h>
// What top and perf show of the calling thread; the kernel cuts it after fifteen bytes. prctl() is variadic, which Swift cannot call.
static inline void cl_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
