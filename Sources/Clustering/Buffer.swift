import Basics
import Glibc

/// Memory for many numbers: aligned for the kernels, taken from the system in one piece, given back when nobody holds it.
///
/// Large ones are mapped with huge pages: touching 30 MB for the first time costs 15 page faults instead of 7500, each of
/// which takes about as long as clustering ten rows.
final class Buffer<Number: BitwiseCopyable>: @unchecked Sendable {
  // @unchecked Sendable: whoever makes a buffer fills it, on threads that write apart from each other, before others see it.
  let pointer: UnsafeMutablePointer<Number>
  let count: Int
  private let mappedBytes: Int

  private static var huge: Int { 2 << 20 }

  /// How many bytes so many numbers take: whole huge pages, if any.
  static func bytes(_ count: Int) -> Int {
    let bytes = count * MemoryLayout<Number>.stride
    return bytes < huge ? bytes : (bytes + huge - 1) / huge * huge
  }

  /// Zeroed.
  init(count: Int) throws(Problem) {
    self.count = count
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Number>.stride)
    guard !overflow, bytes < .max - Self.huge else { throw Self.tooLarge(count) }
    if bytes >= Self.huge {
      mappedBytes = Self.bytes(count)
      let address = mmap(nil, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let address, address != MAP_FAILED else { throw Self.tooLarge(count) }
      _ = madvise(address, mappedBytes, MADV_HUGEPAGE)  // a wish: where it is refused, small pages do
      pointer = address.assumingMemoryBound(to: Number.self)
    } else {
      mappedBytes = 0
      var address: UnsafeMutableRawPointer?
      guard posix_memalign(&address, 64, bytes) == 0, let address else { throw Self.tooLarge(count) }
      memset(address, 0, bytes)
      pointer = address.assumingMemoryBound(to: Number.self)
    }
  }

  deinit {
    if mappedBytes > 0 { munmap(pointer, mappedBytes) } else { free(pointer) }
  }

  var values: UnsafeMutableBufferPointer<Number> { UnsafeMutableBufferPointer(start: pointer, count: count) }

  private static func tooLarge(_ count: Int) -> Problem {
    let megabytes = count / 1_048_576 * MemoryLayout<Number>.stride
    return Problem(
      .tooLarge, "the system has no \(megabytes) MB for \(count) numbers", hint: "Use fewer rows or dimensions, or a machine with more memory.")
  }
}
