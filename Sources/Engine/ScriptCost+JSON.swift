package import Basics
package import Scripting

extension ScriptCost {
  /// As evaluations and tasks keep it, and as commands show it.
  package var json: JSON {
    [
      "instructions": .int(Int64(clamping: instructions)), "wall_ns": .int(Int64(clamping: nanoseconds)),
      "peak_bytes": .int(Int64(clamping: peakBytes)),
      "host_calls": .int(Int64(clamping: hostCalls)),
    ]
  }
}
