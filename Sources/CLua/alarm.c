// What makes an unhooked run look up. A count hook would do, but while one is set Lua leaves its fast path at every instruction, and an
// empty loop takes twice its time. So a timer of the thread sends it a signal every few milliseconds, and the handler sets a hook that
// fires at the next instruction: `lua_sethook` is made to be called from a signal handler (Lua 5.4 Reference Manual, lua_sethook; lua.c
// does so on SIGINT). The signal goes to the thread that runs the script, so nothing of the state is touched from elsewhere.
//
// The timer is not started and stopped for each run, which would be two system calls; it ticks until it finds nothing to watch.
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { TICK = 4000000, SHARE = 8 };  // nanoseconds; and which part of the time the handler may take

/// SIGURG: who does not expect it ignores it, so one that arrives late does no harm.
enum { SIGNAL = SIGURG };

typedef struct {
  timer_t timer;
  bool made, failed;
  volatile uint64_t period;  // nanoseconds between two ticks; 0: it stands still
  clua_state *volatile watched;
} thread_alarm;

static _Thread_local thread_alarm mine;
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static pthread_key_t at_exit;
static bool usable;

/// Between what the thread does and what its own signal handler sees, only the compiler can change the order.
static inline void in_order(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

static void set_period(thread_alarm *a, uint64_t period) {
  struct timespec span = {(time_t)(period / 1000000000), (long)(period % 1000000000)};
  struct itimerspec timer = {span, span};
  a->period = period;
  in_order();
  timer_settime(a->timer, 0, &timer, NULL);
}

/// Setting a hook takes time in proportion to the depth of calls, for a deep recursion more than there is between two ticks: then they
/// have to be fewer, or nothing else would be done.
static void ring(thread_alarm *a, clua_state *S) {
  if (S->running == NULL || lua_gethookmask(S->running)) return;
  uint64_t began = monotonic_now();
  budget_arm(S, 1);
  uint64_t period = (monotonic_now() - began) * SHARE;
  if (period < TICK) period = TICK;
  if (a->made && (period > 2 * a->period || 2 * period < a->period)) set_period(a, period);
}

static void tick(int number) {
  (void)number;
  int saved = errno;
  thread_alarm *a = &mine;
  clua_state *S = a->watched;
  if (S && !S->in_host) {
    if (!is_counting(S)) ring(a, S);
  } else if (a->made && a->period) {
    set_period(a, 0);  // a host's function may wait for something, and should not be woken from it
  }
  errno = saved;
}

static void remove_timer(void *alarm) {
  thread_alarm *a = alarm;
  if (a->made) timer_delete(a->timer);
  a->made = false;
}

static void prepare(void) {
  struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  usable = pthread_key_create(&at_exit, remove_timer) == 0 && sigaction(SIGNAL, &action, NULL) == 0;
}

static bool make_timer(thread_alarm *a) {
  pthread_once(&prepared, prepare);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGNAL};
  event.sigev_notify_thread_id = gettid();
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGNAL);
  a->made = usable && pthread_setspecific(at_exit, a) == 0 && pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0
            && timer_create(CLOCK_MONOTONIC, &event, &a->timer) == 0;
  a->failed = !a->made;
  return a->made;
}

/// From now on ticks are for `S`; gives what they were for, since a host's function may run a script in another state. False in `works`
/// when the system has no timer for this thread: then only a count hook stops the run.
clua_state *alarm_watch(clua_state *S, bool *works) {
  thread_alarm *a = &mine;
  clua_state *outer = a->watched;
  *works = a->made || (!a->failed && make_timer(a));
  a->watched = S;
  in_order();
  if (*works && a->period != TICK) set_period(a, TICK);
  return outer;
}

void alarm_leave(clua_state *outer) { mine.watched = outer; }

/// After a call of the host, during which the timer may have gone to rest.
void alarm_resume(void) {
  thread_alarm *a = &mine;
  if (a->made && a->period == 0) set_period(a, TICK);
}
