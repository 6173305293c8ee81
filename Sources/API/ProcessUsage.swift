import Basics
import Glibc

/// What the process takes of the machine, as the kernel says it: proc(5), getrusage(2).
package struct ProcessUsage {
  package var cpuSeconds: Double
  package var residentBytes: Int
  package var descriptors: Int

  /// Nil where there is no /proc.
  package static func current() -> ProcessUsage? {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0, let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return nil }
    let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return ProcessUsage(
      cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), residentBytes: pages * sysconf(Int32(_SC_PAGESIZE)),
      descriptors: entries(of: "/proc/self/fd"))
  }

  private static func entries(of folder: String) -> Int {
    guard let directory = opendir(folder) else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // Itself, its parent, and the descriptor that reads it.
    return max(0, count - 3)
  }
}
