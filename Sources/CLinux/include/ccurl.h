// The few calls of libcurl that outbound HTTP takes, found at run time: building needs neither its headers nor the library.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Raised by one thread to end what another sends.
typedef struct {
  bool raised;
} ccurl_flag;

void ccurl_lower(ccurl_flag *flag);
void ccurl_raise(ccurl_flag *flag);
bool ccurl_is_raised(const ccurl_flag *flag);

typedef struct {
  const char *method, *url;
  /// "host:port:address": the address that was looked at, so that nobody can answer with another one meanwhile.
  const char *resolve;
  /// "Name: value" each.
  const char *const *headers;
  size_t header_count;
  const uint8_t *body;
  size_t body_count;
  long timeout_milliseconds;
  size_t response_limit;
  /// Looked at while the request is on its way; NULL when nobody ends it.
  const ccurl_flag *cancelled;
} ccurl_request;

typedef struct {
  long status;
  uint8_t *body;      // freed by ccurl_release
  size_t body_count;
  char *headers;      // the last answer's header lines, as they came
  size_t header_count;
  bool too_large;
  char error[256];    // empty when it went well
} ccurl_response;

/// False, with a text, when the library is not on this machine.
bool ccurl_available(char *error, size_t size);
void ccurl_perform(const ccurl_request *request, ccurl_response *response);
void ccurl_release(ccurl_response *response);
