import CKernels
import Synchronization
import Testing

@testable import Clustering

@Suite("A team of threads") struct TeamTests {
  @Test("does every piece exactly once, round after round", arguments: [1, 2, 3, 8])
  func everyPieceOnce(threads: Int) {
    Team.gather(threads) { team in
      for round in 0..<200 {
        let pieces = round % 17
        let done = (0..<17).map { _ in Count() }
        team.share(pieces) { done[$0].value.add(1, ordering: .relaxed) }
        #expect(done.enumerated().allSatisfy { $1.value.load(ordering: .relaxed) == ($0 < pieces ? 1 : 0) })
      }
    }
  }

  /// Once a member took the wake-up call of another that had not got up yet, and the round never ended.
  @Test("wakes every member that fell asleep between rounds", arguments: [2, 5, 8])
  func sleepers(threads: Int) {
    let done = Count()
    Team.gather(threads) { team in
      for round in 0..<300 {
        team.share(threads) { _ in done.value.add(1, ordering: .relaxed) }
        // Long enough, now and then, for the members to give up looking and sleep.
        if round % 3 == 0 { for _ in 0..<20_000 { ck_pause() } }
      }
    }
    #expect(done.value.load(ordering: .relaxed) == 300 * threads)
  }

  @Test("ends with nothing to do, and answers with what the body answers")
  func answers() { #expect(Team.gather(4) { $0.size } == 4) }

  final class Count: Sendable { let value = Atomic<Int>(0) }
}
