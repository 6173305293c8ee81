import Basics
import Model
import Scheduling
import Store

/// What other threads ask the host's thread to do. Each is one value through the inbox; the replies come after the commit.
///
/// Indirect: they go through several lists on their way, and an end is a large value.
indirect enum Command: Sendable {
  typealias Answer<Value: Sendable> = Reply<Result<Value, Problem>>

  case commit(Transaction, Answer<[[Value]]>)
  case write([Write], Answer<WriteReport>)
  /// A trigger, with what is written in the same transaction.
  case put(Trigger, isNew: Bool, [Write], Answer<Void>)
  /// A task, with what is written in the same transaction.
  case start(TaskRecord, Transaction, Answer<Void>)
  case judged(Judgement)
  case filtered(Filtered)
  /// A worker is through with a task; without an end the task stays as it is, and goes on after the next start.
  case ran(Workers.Work, Ending?, Duration)
  case finished(Ending)
  /// Positions for so many documents that are inserted by statements; answers the first.
  case reserve(Int64, Answer<Int64>)
  case announce(JSON, Answer<Void>)
  /// How many tasks of a namespace run at once; nil: no limit of its own.
  case limit(String, Int?, Answer<Void>)
  /// Something that these triggers name was changed.
  case reload([Trigger.ID], Answer<Void>)
  /// Maintenance on, or with nil off.
  case hold(Maintenance?, Answer<Void>)
  case settle(Answer<Void>)
  case stop
}

/// A change of the store that was asked for by an operation or gathered by a script.
enum Write: Sendable {
  case statements(Transaction)
  case documents(DocumentWrite)
  case event(EventWrite)
  /// A new trigger, or an edited one over what it was when the edit was made.
  case trigger(Trigger, over: Trigger?)
  /// A task that starts when all of this is written.
  case start(TaskRecord)
}

extension Write {
  /// How many documents it changes.
  var documentCount: Int { if case .documents(let write) = self { write.changes.count } else { 0 } }

  /// The write as one that a task's run has led to: what it starts in turn is one run deeper.
  func following(_ task: TaskRecord) -> Write {
    switch self {
    case .statements, .trigger: return self
    case .documents(var write):
      write.depth = max(write.depth, task.depth + 1)
      return .documents(write)
    case .event(var write):
      write.depth = max(write.depth, task.depth + 1)
      return .event(write)
    case .start(var started):
      started.depth = max(started.depth, task.depth + 1)
      return .start(started)
    }
  }
}

/// Something that happened, beside the changes of documents that a `DocumentWrite` makes and tells of by itself.
struct EventWrite: Sendable {
  var namespaceID: String
  var type: Schedule.EventType
  /// Empty when it is not about one collection.
  var collectionID = ""
  /// Nil when it is about documents: they say what there is to say.
  var payload: JSONObject?
  var documentIDs: [String] = []
  /// How many runs led to it.
  var depth: Int64 = 0
  /// The trigger whose run it comes from, where a run's own results must not start it again.
  var origin: Trigger.ID?
}

/// Documents to be written to one collection: the host finds out which exist, counts the events, and writes all of it in one transaction.
struct DocumentWrite: Sendable {
  enum Change: Sendable {
    /// Refused when the document exists.
    case insert(Document)
    case upsert(Document)
    case patch(id: String, Patch)
    case delete(id: String)

    var documentID: String {
      switch self {
      case .insert(let document), .upsert(let document): document.id
      case .patch(let id, _), .delete(let id): id
      }
    }
  }

  /// Fields of an existing document that are set; `vectors` replaces those named.
  struct Patch: Sendable {
    var fields: JSONObject
    var vectors: [String: [Float]] = [:]
    /// Values by their paths, with dots: each replaces what is there, also in `metadata`.
    var assignments: [JSONObject.Member] = []
    /// A document that is gone is left out, where otherwise the whole write would be refused.
    var skipsMissing = false
  }

  var namespaceID: String
  var collectionID: String
  var collectionName: String
  var changes: [Change]
  /// How many runs led to it.
  var depth: Int64 = 0
}

/// What a write of documents came to.
struct WriteReport: Sendable {
  var added = 0
  var updated = 0
  var deleted = 0
  /// The patched documents as they are now.
  var documents: [Document] = []
  /// The number of the last event.
  var sequence: Int64?
}

/// The answer to a question of the agenda, with what has to be kept of it.
struct Judgement: Sendable {
  var question: Agenda.Question
  var verdict: Agenda.Verdict
  var reason: String
  var detail: JSONObject
  /// The scripts' state after the run; nil leaves it as it is.
  var state: JSONObject?
  var drift: JSONObject?
  var volume: JSONObject?
}

/// What a trigger's filter said of the events up to a row.
struct Filtered: Sendable {
  struct Accepted: Sendable {
    var count: Int64
    /// When they came.
    var at: Instant
    var depth: Int64
  }
  var triggerID: Trigger.ID
  /// The last event row it looked at; nil when it could not look.
  var through: Int64?
  /// By event row, in their order.
  var accepted: [Accepted] = []
  /// Values of the dedupe key that counted now, and the moment up to which older ones are forgotten.
  var keys: [(key: String, at: Instant)] = []
  var forgotten: Instant?
  var problem: Problem?
}

/// The end of a task: what is to be written with it, in the same transaction.
struct Ending: Sendable {
  var task: TaskRecord
  var status: TaskRecord.Status
  var outputs: JSONObject
  /// The text of the outputs, made where there is time for it.
  var text: String?
  var error: String?
  var writes: [Write]
  var state: JSONObject?
  var baseline: Baseline?
  /// A before hook said no: the run counts as skipped, not as success or failure.
  var heldBy: String?
  /// The attempt failed and another is to follow: the failure does not count yet.
  var repeats = false

  /// Whether anything is to be written that could be left out.
  var isMoreThanAnError: Bool { status != .failed || !writes.isEmpty || state != nil }
}
