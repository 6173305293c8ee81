// A small HTTP/1.1 load generator for scripts/bench: keeps N connections busy with one request each, for a number of seconds.
// Usage: bench-http PORT CONNECTIONS SECONDS METHOD PATH KEY [BODY-FILE]; a "%07d" in PATH is another number below 10,000 each time. Prints {"requests_per_second": …, "p50_ms": …, "p99_ms": …, "errors": …}
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

typedef struct {
  int fd;
  size_t sent, got, expected;
  double began;
  char buffer[1 << 16];
} connection;

static char *request;
static size_t request_size;
static char *number; // where the request has its "%07d", if it has one

static int compare(const void *a, const void *b) { return (*(float *)a > *(float *)b) - (*(float *)a < *(float *)b); }

static void push(connection *c) {
  while (c->sent < request_size) {
    ssize_t n = send(c->fd, request + c->sent, request_size - c->sent, MSG_NOSIGNAL);
    if (n < 0) return;
    c->sent += (size_t)n;
  }
}

// The number is written into the one request that all connections send: so small a one is never sent in two parts.
static void begin(connection *c) {
  static unsigned random = 1;
  if (number) {
    unsigned rest = (random = random * 1664525 + 1013904223) >> 8;
    rest %= 10000;
    for (int i = 6; i >= 0; i--, rest /= 10) number[i] = (char)('0' + rest % 10);
  }
  c->sent = c->got = c->expected = 0;
  c->began = now();
  push(c);
}

int main(int argc, char **argv) {
  if (argc < 7) return 2;
  char *path = malloc(strlen(argv[5]) + 8), *pattern = strstr(strcpy(path, argv[5]), "%07d");
  if (pattern) sprintf(pattern, "0000000%s", argv[5] + (pattern - path) + 4);
  int count = atoi(argv[2]);
  double seconds = atof(argv[3]);
  char *body = NULL;
  size_t body_size = 0;
  if (argc > 7) {
    FILE *f = fopen(argv[7], "rb");
    fseek(f, 0, SEEK_END);
    body_size = (size_t)ftell(f);
    rewind(f);
    body = malloc(body_size);
    if (fread(body, 1, body_size, f) != body_size) return 1;
    fclose(f);
  }
  request = malloc(body_size + 4096);
  request_size = (size_t)sprintf(
      request, "%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", argv[4], path,
      argv[6], body_size);
  if (pattern) number = request + strlen(argv[4]) + 1 + (pattern - path);
  if (body_size) memcpy(request + request_size, body, body_size);
  request_size += body_size;

  int poll = epoll_create1(0);
  connection *all = calloc((size_t)count, sizeof *all);
  for (int i = 0; i < count; i++) {
    all[i].fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1])), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (connect(all[i].fd, (struct sockaddr *)&address, sizeof address)) return 1;
    int one = 1;
    setsockopt(all[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = &all[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event);
  }
  size_t done = 0, errors = 0, room = 1 << 22;
  float *times = malloc(room * sizeof *times);
  double start = now();
  for (int i = 0; i < count; i++) begin(&all[i]);
  struct epoll_event events[256];
  while (now() - start < seconds) {
    int n = epoll_wait(poll, events, 256, 100);
    for (int i = 0; i < n; i++) {
      connection *c = events[i].data.ptr;
      if (c->sent < request_size) push(c);
      ssize_t got;
      while ((got = recv(c->fd, c->buffer + (c->got < 65536 ? c->got : 0), sizeof c->buffer - (c->got < 65536 ? c->got : 0), MSG_DONTWAIT)) > 0) {
        c->got += (size_t)got;
        if (!c->expected) {
          char *end = memmem(c->buffer, c->got, "\r\n\r\n", 4);
          if (end) {
            char *length = memmem(c->buffer, (size_t)(end - c->buffer), "Content-Length: ", 16);
            if (!length) length = memmem(c->buffer, (size_t)(end - c->buffer), "content-length: ", 16);
            c->expected = (size_t)(end - c->buffer) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0);
            if (c->buffer[9] != '2') errors++;
          }
        }
        if (c->expected && c->got >= c->expected) {
          if (done < room) times[done] = (float)(now() - c->began);
          done++;
          begin(c);
        }
      }
      if (got == 0) return 1;
    }
  }
  double elapsed = now() - start;
  size_t kept = done < room ? done : room;
  qsort(times, kept, sizeof *times, compare);
  printf("{\"requests_per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"errors\": %zu}\n", done / elapsed, kept ? times[kept / 2] * 1e3 : 0,
         kept ? times[kept * 99 / 100] * 1e3 : 0, errors);
}
