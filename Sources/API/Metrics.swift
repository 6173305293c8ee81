import Basics
import Glibc
import Synchronization

/// What the service has answered: requests by operation and status, and how long they took.
///
/// Each thread counts in a place of its own, and whoever asks is given the sum: with one place for all, the threads of short requests spent a
/// quarter of their time in waiting for each other there. A sum taken while requests end may have some of them and not yet others; none is lost.
final class Metrics: Sendable {
  /// Upper bounds of the histogram, in seconds.
  static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  struct Series: Sendable {
    var statuses: [Int: Int] = [:]
    /// Requests within each bound but not within the one before, and last those beyond all.
    var counts = [Int](repeating: 0, count: bounds.count + 1)
    var seconds = 0.0

    fileprivate mutating func count(_ status: Int, _ place: Int, _ seconds: Double) {
      statuses[status, default: 0] += 1
      counts[place] += 1
      self.seconds += seconds
    }

    fileprivate mutating func add(_ other: Series) {
      statuses.merge(other.statuses, uniquingKeysWith: +)
      for place in counts.indices { counts[place] += other.counts[place] }
      seconds += other.seconds
    }
  }

  /// What some threads have counted; nearly always it is one.
  private final class Share: Sendable {
    let byOperation = Mutex<[String: Series]>([:])
    /// Requests begun less requests ended.
    let underWay = Atomic<Int>(0)
  }

  private let shares = (0..<64).map { _ in Share() }
  private var own: Share { shares[ThreadNumber.current % shares.count] }

  func began() { own.underWay.add(1, ordering: .relaxed) }

  /// `operation` is a name of the table, or one of a few for what is not in it: a client's paths must not become names.
  func ended(_ operation: String, status: Int, after duration: Duration) {
    let seconds = duration.inSeconds
    let place = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    let share = own
    share.underWay.subtract(1, ordering: .relaxed)
    share.byOperation.withLock { $0[operation, default: Series()].count(status, place, seconds) }
  }

  var requestsUnderWay: Int { shares.reduce(0) { $0 + $1.underWay.load(ordering: .relaxed) } }

  var series: [(operation: String, Series)] {
    var sum: [String: Series] = [:]
    for share in shares {
      for (operation, series) in share.byOperation.withLock({ $0 }) { sum[operation, default: Series()].add(series) }
    }
    return sum.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

/// Numbers the threads that ask, from 1 on: each keeps the one that it got first.
private enum ThreadNumber {
  private static let key = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()
  private static let last = Atomic<Int>(0)

  static var current: Int {
    if let known = pthread_getspecific(key) { return Int(bitPattern: known) }
    let number = last.wrappingAdd(1, ordering: .relaxed).newValue
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: number))
    return number
  }
}
