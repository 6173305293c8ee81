import Basics
import Testing

@testable import Model

@Suite("The rule of retries") struct WebhookRuleTests {
  private static let now = Instant("2026-01-02T00:00:00Z") ?? Instant(seconds: 0)

  private func verdict(_ outcome: DeliveryRule.Outcome, attempt: Int64 = 1, failing: Duration? = nil, random: UInt64 = 0) -> DeliveryRule.Verdict {
    DeliveryRule.verdict(outcome, attempt: attempt, failingSince: failing.map { Self.now - $0 }, at: Self.now, random: random)
  }

  @Test(
    "takes what is between 200 and 299 for delivered, and nothing else", arguments: [200, 201, 204, 299, 199, 300, 304, 400, 404, 500, 599])
  func delivered(status: Int) { #expect((verdict(.answered(status, retryAfter: nil)) == .delivered) == (200..<300).contains(status)) }

  @Test("waits longer each time, between a half and the whole of its step, and then gives up") func waits() {
    for (index, whole) in DeliveryRule.waits.enumerated() {
      for random in [0, 1, 12_345_678_901, UInt64.max] {
        guard case .retry(let wait) = verdict(.unreachable, attempt: Int64(index + 1), random: random) else {
          Issue.record("no retry after attempt \(index + 1)")
          continue
        }
        #expect(wait >= .milliseconds(whole.inMilliseconds / 2) && wait <= whole)
      }
    }
    #expect(verdict(.unreachable, attempt: Int64(DeliveryRule.waits.count + 1)) == .giveUp)
  }

  @Test("is shorter with what a receiver refuses") func refusals() {
    for status in DeliveryRule.refusals {
      #expect(verdict(.answered(status, retryAfter: nil), attempt: 2) != .giveUp)
      #expect(verdict(.answered(status, retryAfter: nil), attempt: 3) == .giveUp)
    }
    for status in [401, 403, 404, 408, 429, 500, 502] { #expect(verdict(.answered(status, retryAfter: nil), attempt: 3) != .giveUp) }
  }

  @Test(
    "waits at least what is asked for, but not for ever", arguments: [(-5, 0), (0, 0), (60, 60), (3600, 3600), (1 << 40, 3600)] as [(Int64, Int64)])
  func retryAfter(asked: Int64, least: Int64) {
    guard case .retry(let wait) = verdict(.answered(503, retryAfter: asked)) else {
      Issue.record("no retry")
      return
    }
    #expect(wait >= .seconds(least) && wait <= .seconds(max(5, least)))
  }

  @Test("pauses for a receiver that is gone, and after a day without success") func pauses() {
    func isPause(_ verdict: DeliveryRule.Verdict) -> Bool { if case .pause = verdict { true } else { false } }
    #expect(isPause(verdict(.answered(410, retryAfter: nil))))
    #expect(isPause(verdict(.unreachable, failing: .seconds(86_400))))
    #expect(!isPause(verdict(.unreachable, failing: .seconds(86_399))))
    #expect(verdict(.answered(200, retryAfter: nil), failing: .seconds(900_000)) == .delivered)
  }
}

@Suite("The names of events outside") struct WebhookVocabularyTests {
  @Test("are the contract's, and one of ours, for every event") func names() {
    for type in Schedule.EventType.allCases {
      for count in [1, 2] as [Int64] {
        let names = WebhookVocabulary.names(of: type, count: count)
        #expect(names.last == type.rawValue && Set(names).count == names.count)
        for name in names.dropLast() { #expect(WebhookVocabulary.contract.contains(name)) }
      }
    }
    #expect(WebhookVocabulary.names(of: .documentsUpdated, count: 1)[0] == "document.updated")
    #expect(WebhookVocabulary.names(of: .documentsUpdated, count: 2)[0] == "documents.updated.batch")
  }

  @Test(
    "say what kind of thing they are about",
    arguments: [
      ("documents.deleted.batch", "document"), ("documents_added", "document"), ("objects.created.batch", "object"), ("trigger.fired", "trigger"),
      ("cluster.execution.failed", "cluster"), ("custom.deployed", "custom"),
    ])
  func resources(name: String, kind: String) { #expect(WebhookVocabulary.resource(of: name) == kind) }
}
