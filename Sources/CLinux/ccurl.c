// libcurl by dlopen. The numbers of options are part of its ABI and do not change: https://curl.se/libcurl/c/symbols-in-versions.html
#include "ccurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  OPT_WRITEDATA = 10001, OPT_URL = 10002, OPT_PROXY = 10004, OPT_ERRORBUFFER = 10010, OPT_POSTFIELDS = 10015, OPT_HTTPHEADER = 10023,
  OPT_HEADERDATA = 10029, OPT_CUSTOMREQUEST = 10036, OPT_RESOLVE = 10203, OPT_NOPROXY = 10177, OPT_FOLLOWLOCATION = 52, OPT_NOSIGNAL = 99,
  OPT_TIMEOUT_MS = 155, OPT_POSTFIELDSIZE_LARGE = 30120, OPT_WRITEFUNCTION = 20011, OPT_HEADERFUNCTION = 20079, OPT_PROTOCOLS = 181,
  OPT_NETRC = 51, OPT_NOPROGRESS = 43, OPT_XFERINFOFUNCTION = 20219, OPT_XFERINFODATA = 10057, INFO_RESPONSE_CODE = 0x200002, PROTO_HTTP = 1, PROTO_HTTPS = 2,
};

static struct {
  void *handle;
  void *(*init)(void);
  int (*setopt)(void *, int, ...);
  int (*perform)(void *);
  int (*getinfo)(void *, int, ...);
  void (*cleanup)(void *);
  const char *(*strerror)(int);
  void *(*append)(void *, const char *);
  void (*free_all)(void *);
  char error[200];
} curl;

static void load(void) {
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
  for (const char *const *name = names; *name && !curl.handle; name++) curl.handle = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
  if (!curl.handle) {
    snprintf(curl.error, sizeof curl.error, "libcurl.so.4 is not on this machine");
    return;
  }
  struct { void **slot; const char *name; } wanted[] = {
    {(void **)&curl.init, "curl_easy_init"}, {(void **)&curl.setopt, "curl_easy_setopt"}, {(void **)&curl.perform, "curl_easy_perform"},
    {(void **)&curl.getinfo, "curl_easy_getinfo"}, {(void **)&curl.cleanup, "curl_easy_cleanup"}, {(void **)&curl.strerror, "curl_easy_strerror"},
    {(void **)&curl.append, "curl_slist_append"}, {(void **)&curl.free_all, "curl_slist_free_all"},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    *wanted[i].slot = dlsym(curl.handle, wanted[i].name);
    if (!*wanted[i].slot) snprintf(curl.error, sizeof curl.error, "libcurl.so.4 has no %s", wanted[i].name);
  }
  int (*global)(long) = (int (*)(long))dlsym(curl.handle, "curl_global_init");
  if (global && global(3) != 0) snprintf(curl.error, sizeof curl.error, "libcurl could not be started");
}

bool ccurl_available(char *error, size_t size) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  if (size) snprintf(error, size, "%s", curl.error);
  return curl.error[0] == 0;
}

typedef struct {
  ccurl_response *response;
  size_t limit;
} sink;

static bool grow(uint8_t **data, size_t *count, const void *more, size_t size) {
  uint8_t *bigger = realloc(*data, *count + size + 1);
  if (!bigger) return false;
  memcpy(bigger + *count, more, size);
  *data = bigger;
  *count += size;
  bigger[*count] = 0;
  return true;
}

static size_t take_body(char *data, size_t one, size_t count, void *context) {
  sink *s = context;
  if (s->response->body_count + one * count > s->limit) {
    s->response->too_large = true;
    return 0;
  }
  return grow(&s->response->body, &s->response->body_count, data, one * count) ? one * count : 0;
}

static size_t take_header(char *data, size_t one, size_t count, void *context) {
  sink *s = context;
  size_t size = one * count;
  // A new status line begins a new answer, after "100 Continue".
  if (size > 5 && memcmp(data, "HTTP/", 5) == 0) s->response->header_count = 0;
  if (s->response->header_count + size > 64 << 10) return 0;
  return grow((uint8_t **)&s->response->headers, &s->response->header_count, data, size) ? size : 0;
}

void ccurl_lower(ccurl_flag *flag) { __atomic_store_n(&flag->raised, false, __ATOMIC_RELEASE); }
void ccurl_raise(ccurl_flag *flag) { __atomic_store_n(&flag->raised, true, __ATOMIC_RELEASE); }
bool ccurl_is_raised(const ccurl_flag *flag) { return __atomic_load_n(&flag->raised, __ATOMIC_ACQUIRE); }

// libcurl calls it about once a second, and more often while bytes move; anything but 0 ends the request.
static int look(void *flag, int64_t a, int64_t b, int64_t c, int64_t d) {
  (void)a, (void)b, (void)c, (void)d;
  return ccurl_is_raised(flag);
}

void ccurl_perform(const ccurl_request *q, ccurl_response *a) {
  memset(a, 0, sizeof *a);
  if (!ccurl_available(a->error, sizeof a->error)) return;
  void *handle = curl.init();
  if (!handle) {
    snprintf(a->error, sizeof a->error, "no memory");
    return;
  }
  sink s = {a, q->response_limit};
  void *headers = NULL, *resolve = curl.append(NULL, q->resolve);
  for (size_t i = 0; i < q->header_count; i++) headers = curl.append(headers, q->headers[i]);
  // Without this a body of 1 kB and more waits for "100 Continue".
  headers = curl.append(headers, "Expect:");
  curl.setopt(handle, OPT_URL, q->url);
  curl.setopt(handle, OPT_CUSTOMREQUEST, q->method);
  curl.setopt(handle, OPT_RESOLVE, resolve);
  curl.setopt(handle, OPT_HTTPHEADER, headers);
  curl.setopt(handle, OPT_PROTOCOLS, (long)(PROTO_HTTP | PROTO_HTTPS));
  curl.setopt(handle, OPT_FOLLOWLOCATION, 0L);
  curl.setopt(handle, OPT_NOSIGNAL, 1L);
  curl.setopt(handle, OPT_NETRC, 0L);
  curl.setopt(handle, OPT_PROXY, "");
  curl.setopt(handle, OPT_NOPROXY, "*");
  curl.setopt(handle, OPT_TIMEOUT_MS, q->timeout_milliseconds);
  curl.setopt(handle, OPT_ERRORBUFFER, a->error);
  curl.setopt(handle, OPT_WRITEFUNCTION, take_body);
  curl.setopt(handle, OPT_WRITEDATA, &s);
  curl.setopt(handle, OPT_HEADERFUNCTION, take_header);
  curl.setopt(handle, OPT_HEADERDATA, &s);
  if (q->cancelled) {
    curl.setopt(handle, OPT_NOPROGRESS, 0L);
    curl.setopt(handle, OPT_XFERINFOFUNCTION, look);
    curl.setopt(handle, OPT_XFERINFODATA, q->cancelled);
  }
  if (q->body) {
    curl.setopt(handle, OPT_POSTFIELDSIZE_LARGE, (int64_t)q->body_count);
    curl.setopt(handle, OPT_POSTFIELDS, q->body);
  }
  int code = curl.perform(handle);
  if (code != 0 && a->error[0] == 0) snprintf(a->error, sizeof a->error, "%s", curl.strerror(code));
  if (code == 0) {
    a->error[0] = 0;
    curl.getinfo(handle, INFO_RESPONSE_CODE, &a->status);
  }
  curl.cleanup(handle);
  curl.free_all(headers);
  curl.free_all(resolve);
}

void ccurl_release(ccurl_response *a) {
  free(a->body);
  free(a->headers);
  memset(a, 0, sizeof *a);
}
