import Basics
import Model
import Scheduling
import Scripting
import Store
import Synchronization

/// The threads on which scripts are asked and tasks run. Questions, scripts and heavy actions have threads of their own, so that a long
/// clustering never delays a predicate or a hook.
final class Workers: Sendable {
  enum Question: Sendable {
    case judge(Agenda.Question)
    case filter(Trigger.ID)

    var triggerID: Trigger.ID {
      switch self {
      case .judge(let question): question.triggerID
      case .filter(let id): id
      }
    }
  }

  /// A task whose start is written, what is known of its trigger, and the flag that stops it. An object, since it goes through several lists.
  final class Work: Sendable {
    let task: TaskRecord
    let definition: Definition?
    let cancellation = Cancellation()

    init(_ task: TaskRecord, _ definition: Definition?) {
      self.task = task
      self.definition = definition
    }
  }

  static func isHeavy(_ kind: TaskRecord.Kind) -> Bool { kind == .cluster }

  /// Script tasks wait for commits more than they compute: as many at once share one fsync.
  static let scriptThreads = 12
  /// A script that is slow for the first time holds up one of them.
  static let questionThreads = 2
  /// Heavy actions use all cores by themselves; a second one keeps a short one from waiting behind a long one.
  static let heavyThreads = 2

  private let questions = Mailbox<Question>()
  /// Those about triggers that were slow to answer the last one.
  private let slowQuestions = Mailbox<Question>()
  private let slow = SlowTriggers()
  private let scripts = Mailbox<Work>()
  private let heavy = Mailbox<Work>()
  private let inbox: Mailbox<Command>
  private let threads = Mutex<[OwnThread]>([])

  init(inbox: Mailbox<Command>) throws(Problem) { self.inbox = inbox }

  func ask(_ question: Question) { questions.put(question) }
  func run(_ works: [Work]) {
    let heavyOnes = works.filter { Admission.Lane($0.task.kind) == .heavy }
    scripts.put(heavyOnes.isEmpty ? works : works.filter { Admission.Lane($0.task.kind) != .heavy })
    heavy.put(heavyOnes)
  }

  /// How many tasks run at once.
  static let threads: [Admission.Lane: Int] = [.scripts: scriptThreads, .heavy: heavyThreads]

  func start(_ host: Host) {
    var bodies: [(String, @Sendable () -> Void)] = []
    for _ in 0..<Self.questionThreads { bodies.append(("perigee-ask", { [self] in answer(questions, host, aside: slowQuestions) })) }
    bodies.append(("perigee-ask-slow", { [self] in answer(slowQuestions, host, aside: nil) }))
    for (mailbox, count) in [(scripts, Self.scriptThreads), (heavy, Self.heavyThreads)] {
      for _ in 0..<count { bodies.append(("perigee-run", { [inbox] in Self.work(through: mailbox, into: inbox, host) })) }
    }
    threads.withLock { threads in
      for (name, body) in bodies {
        do throws(Problem) {
          threads.append(try OwnThread.start(name: name, body))
        } catch { host.log("error", error.description) }
      }
    }
  }

  /// Answers questions, but puts those about slow triggers aside for the thread that is there for them.
  private func answer(_ questions: Mailbox<Question>, _ host: Host, aside: Mailbox<Question>?) {
    let bench = ScriptBench(host)
    while let question = questions.next() {
      // A host that closes asks again after its next start; it need not wait for a long queue now.
      if host.isClosing { continue }
      if let aside, slow.contains(question.triggerID) {
        aside.put(question)
        continue
      }
      let began = host.surroundings.ticks()
      let answer = Self.answer(question, host, bench)
      slow.note(question.triggerID, took: host.surroundings.ticks() - began)
      inbox.put(answer)
    }
  }

  private static func work(through mailbox: Mailbox<Work>, into inbox: Mailbox<Command>, _ host: Host) {
    let bench = ScriptBench(host)
    while let work = mailbox.next() {
      let began = host.surroundings.ticks()
      let ending = TaskRun(host, bench, work.task, work.definition.map { CurrentTrigger($0.trigger, host) }, work.cancellation).perform()
      CrashPoint.pass(.actionDone)
      inbox.put(.ran(work, ending, host.surroundings.ticks() - began))
    }
  }

  private static func answer(_ question: Question, _ host: Host, _ bench: ScriptBench) -> Command {
    switch question {
    case .judge(let question):
      guard let trigger = trigger(question.triggerID, host) else {
        return .judged(Judgement(question: question, verdict: .failed, reason: "the trigger is gone", detail: JSONObject()))
      }
      return .judged(Judge(host, bench).answer(question, about: trigger))
    case .filter(let id):
      guard let trigger = trigger(id, host) else { return .filtered(Filtered(triggerID: id, through: nil)) }
      return .filtered(EventFilter(host, bench).look(for: trigger))
    }
  }

  /// The trigger's row as it is now, with its state and baseline.
  private static func trigger(_ id: Trigger.ID, _ host: Host) -> Trigger? {
    do throws(Problem) {
      return try host.read { reader throws(Problem) in try reader.trigger(id) }
    } catch {
      host.log("error", "trigger \(id): \(error)")
      return nil
    }
  }

  func stop(interrupting cancellations: [Cancellation]) {
    for mailbox in [scripts, heavy] { mailbox.close() }
    questions.close()
    slowQuestions.close()
    for cancellation in cancellations { cancellation.cancel() }
    for thread in threads.withLock({ $0 }) { thread.join() }
  }
}
