// The examples of scripts/examples, as they are there; a test compares the two.
#include "cassets_examples.h"

static const unsigned char agenda_text[] = {
#embed "../../scripts/examples/agenda.lua"
};
static const unsigned char announce_text[] = {
#embed "../../scripts/examples/announce.lua"
};
static const unsigned char audit_text[] = {
#embed "../../scripts/examples/audit.lua"
};
static const unsigned char audit_test_text[] = {
#embed "../../scripts/examples/audit_test.lua"
};
static const unsigned char backfill_text[] = {
#embed "../../scripts/examples/backfill.lua"
};
static const unsigned char backlog_text[] = {
#embed "../../scripts/examples/backlog.lua"
};
static const unsigned char backlog_test_text[] = {
#embed "../../scripts/examples/backlog_test.lua"
};
static const unsigned char business_hours_text[] = {
#embed "../../scripts/examples/business_hours.lua"
};
static const unsigned char business_hours_test_text[] = {
#embed "../../scripts/examples/business_hours_test.lua"
};
static const unsigned char duplicates_text[] = {
#embed "../../scripts/examples/duplicates.lua"
};
static const unsigned char duplicates_test_text[] = {
#embed "../../scripts/examples/duplicates_test.lua"
};
static const unsigned char enough_new_text[] = {
#embed "../../scripts/examples/enough_new.lua"
};
static const unsigned char enough_new_test_text[] = {
#embed "../../scripts/examples/enough_new_test.lua"
};
static const unsigned char expire_text[] = {
#embed "../../scripts/examples/expire.lua"
};
static const unsigned char expire_test_text[] = {
#embed "../../scripts/examples/expire_test.lua"
};
static const unsigned char groups_text[] = {
#embed "../../scripts/examples/groups.lua"
};
static const unsigned char long_text_text[] = {
#embed "../../scripts/examples/long_text.lua"
};
static const unsigned char long_text_test_text[] = {
#embed "../../scripts/examples/long_text_test.lua"
};
static const unsigned char near_duplicates_text[] = {
#embed "../../scripts/examples/near_duplicates.lua"
};
static const unsigned char nightly_clusters_text[] = {
#embed "../../scripts/examples/nightly_clusters.lua"
};
static const unsigned char not_drafts_text[] = {
#embed "../../scripts/examples/not_drafts.lua"
};
static const unsigned char not_drafts_test_text[] = {
#embed "../../scripts/examples/not_drafts_test.lua"
};
static const unsigned char notify_text[] = {
#embed "../../scripts/examples/notify.lua"
};
static const unsigned char notify_test_text[] = {
#embed "../../scripts/examples/notify_test.lua"
};
static const unsigned char outliers_text[] = {
#embed "../../scripts/examples/outliers.lua"
};
static const unsigned char pause_after_failures_text[] = {
#embed "../../scripts/examples/pause_after_failures.lua"
};
static const unsigned char pause_after_failures_test_text[] = {
#embed "../../scripts/examples/pause_after_failures_test.lua"
};
static const unsigned char quiet_period_text[] = {
#embed "../../scripts/examples/quiet_period.lua"
};
static const unsigned char quiet_period_test_text[] = {
#embed "../../scripts/examples/quiet_period_test.lua"
};
static const unsigned char report_text[] = {
#embed "../../scripts/examples/report.lua"
};
static const unsigned char seed_text[] = {
#embed "../../scripts/examples/seed.lua"
};
static const unsigned char summarise_text[] = {
#embed "../../scripts/examples/summarise.lua"
};
static const unsigned char summarise_test_text[] = {
#embed "../../scripts/examples/summarise_test.lua"
};
static const unsigned char urgent_text[] = {
#embed "../../scripts/examples/urgent.lua"
};
static const unsigned char urgent_test_text[] = {
#embed "../../scripts/examples/urgent_test.lua"
};
static const unsigned char words_text[] = {
#embed "../../scripts/examples/words.lua"
};
static const unsigned char words_test_text[] = {
#embed "../../scripts/examples/words_test.lua"
};

static const cassets_example examples[] = {
  {"agenda", {agenda_text, sizeof agenda_text}},
  {"announce", {announce_text, sizeof announce_text}},
  {"audit", {audit_text, sizeof audit_text}},
  {"audit_test", {audit_test_text, sizeof audit_test_text}},
  {"backfill", {backfill_text, sizeof backfill_text}},
  {"backlog", {backlog_text, sizeof backlog_text}},
  {"backlog_test", {backlog_test_text, sizeof backlog_test_text}},
  {"business_hours", {business_hours_text, sizeof business_hours_text}},
  {"business_hours_test", {business_hours_test_text, sizeof business_hours_test_text}},
  {"duplicates", {duplicates_text, sizeof duplicates_text}},
  {"duplicates_test", {duplicates_test_text, sizeof duplicates_test_text}},
  {"enough_new", {enough_new_text, sizeof enough_new_text}},
  {"enough_new_test", {enough_new_test_text, sizeof enough_new_test_text}},
  {"expire", {expire_text, sizeof expire_text}},
  {"expire_test", {expire_test_text, sizeof expire_test_text}},
  {"groups", {groups_text, sizeof groups_text}},
  {"long_text", {long_text_text, sizeof long_text_text}},
  {"long_text_test", {long_text_test_text, sizeof long_text_test_text}},
  {"near_duplicates", {near_duplicates_text, sizeof near_duplicates_text}},
  {"nightly_clusters", {nightly_clusters_text, sizeof nightly_clusters_text}},
  {"not_drafts", {not_drafts_text, sizeof not_drafts_text}},
  {"not_drafts_test", {not_drafts_test_text, sizeof not_drafts_test_text}},
  {"notify", {notify_text, sizeof notify_text}},
  {"notify_test", {notify_test_text, sizeof notify_test_text}},
  {"outliers", {outliers_text, sizeof outliers_text}},
  {"pause_after_failures", {pause_after_failures_text, sizeof pause_after_failures_text}},
  {"pause_after_failures_test", {pause_after_failures_test_text, sizeof pause_after_failures_test_text}},
  {"quiet_period", {quiet_period_text, sizeof quiet_period_text}},
  {"quiet_period_test", {quiet_period_test_text, sizeof quiet_period_test_text}},
  {"report", {report_text, sizeof report_text}},
  {"seed", {seed_text, sizeof seed_text}},
  {"summarise", {summarise_text, sizeof summarise_text}},
  {"summarise_test", {summarise_test_text, sizeof summarise_test_text}},
  {"urgent", {urgent_text, sizeof urgent_text}},
  {"urgent_test", {urgent_test_text, sizeof urgent_test_text}},
  {"words", {words_text, sizeof words_text}},
  {"words_test", {words_test_text, sizeof words_test_text}},
};

size_t cassets_example_count(void) { return sizeof examples / sizeof *examples; }
cassets_example cassets_example_at(size_t index) { return examples[index]; }
