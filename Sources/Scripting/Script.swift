package import Basics

/// What a script is for: it decides what the script may do, how it is called, and how much it may spend.
package enum ScriptKind: String, Sendable, CaseIterable {
  case predicate, filter, hook, action, metric, batch, test

  /// What a script of this kind may call, beside what needs no right.
  package var rights: Set<LibraryFunction.Right> {
    switch self {
    case .predicate, .filter, .metric: [.read]
    case .hook, .action: [.read, .write]
    case .batch: [.read, .write, .batch]
    case .test: [.read, .write, .batch, .test]
    }
  }

  /// The budget of a run when nothing else is said.
  package var budget: Budget {
    switch self {
    case .predicate, .filter, .metric: Budget(wall: .milliseconds(100), memory: 16 << 20)
    case .hook, .action: Budget(wall: .seconds(30), memory: 64 << 20)
    case .batch: Budget(wall: nil, memory: 1 << 40)
    case .test: Budget(wall: .seconds(10), memory: 64 << 20)
    }
  }
}

/// How much a run may spend. For a filter the time and the instructions are those of one event.
package struct Budget: Sendable, Equatable {
  package var wall: Duration?
  /// Bytes of Lua's heap, the interpreter's own 6 kB included.
  package var memory: Int
  /// A limit that stops a run at the same place every time. Keeping to it takes up to twice the time: Lua leaves its fast path.
  package var instructions: Int64?

  package init(wall: Duration?, memory: Int, instructions: Int64? = nil) {
    self.wall = wall
    self.memory = memory
    self.instructions = instructions
  }
}

/// Lua text with the name and the version that its errors show.
package struct Script: Hashable, Sendable {
  package var name: String
  package var version: Int
  package var source: String

  package init(name: String, version: Int, source: String) {
    self.name = name
    self.version = version
    self.source = source
  }
}

/// What a run cost. Instructions are counted in steps of a thousand, with surcharges for work done in C; up to a hundred thousand of them, or
/// all when they are limited. Beyond that, and in filters, the number is what the work done in C was charged, and so a lower bound.
package struct ScriptCost: Sendable, Equatable {
  package var instructions: UInt64
  package var nanoseconds: UInt64
  package var peakBytes: UInt64
  package var hostCalls: UInt64

  package init(instructions: UInt64 = 0, nanoseconds: UInt64 = 0, peakBytes: UInt64 = 0, hostCalls: UInt64 = 0) {
    self.instructions = instructions
    self.nanoseconds = nanoseconds
    self.peakBytes = peakBytes
    self.hostCalls = hostCalls
  }
}

/// How a run ended, and what it leaves.
package struct ScriptRun: Sendable {
  package enum Outcome: Sendable {
    case returned([JSON])
    /// The script's own error, of kind `.script`.
    case failed(Problem)
    /// It was stopped: a limit (`.budget`; `details["limit"]` is "wall", "memory" or "instructions") or `.cancelled`.
    case killed(Problem)
  }

  package var outcome: Outcome
  /// What `ctx:explain` was told.
  package var explain: JSONObject
  /// `ctx.state` after the run; nil unless it returned, so that a failed run leaves the old state as it was.
  package var state: JSON?
  package var cost: ScriptCost

  package init(outcome: Outcome, explain: JSONObject = JSONObject(), state: JSON? = nil, cost: ScriptCost = ScriptCost()) {
    self.outcome = outcome
    self.explain = explain
    self.state = state
    self.cost = cost
  }

  /// What the script returned, or the problem that kept it from doing so.
  package func values() throws(Problem) -> [JSON] {
    switch outcome {
    case .returned(let values): return values
    case .failed(let problem), .killed(let problem): throw problem
    }
  }
}
