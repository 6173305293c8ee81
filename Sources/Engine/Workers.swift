import Basics
import Model
import Scheduling
import Scripting
import Synchronization

/// The threads on which scripts are asked and tasks run. Quick ones answer questions; slow ones run actions, so that a long clustering
/// never delays a predicate.
final class Workers: Sendable {
  enum Question: Sendable {
    case judge(Agenda.Question, Trigger)
    case filter(Trigger)
  }

  private let questions = Mailbox<Question>()
  private let tasks = Mailbox<(TaskRecord, Trigger?)>()
  private let inbox: Mailbox<Command>
  private let threads = Mutex<[OwnThread]>([])

  init(inbox: Mailbox<Command>) throws(Problem) { self.inbox = inbox }

  func ask(_ question: Question) { questions.put(question) }
  func run(_ task: TaskRecord, of trigger: Trigger?) { tasks.put((task, trigger)) }

  func start(_ host: Host) {
    let quick: @Sendable () -> Void = { [questions, inbox] in
      let bench = ScriptBench(host)
      while let batch = questions.take(limit: 1) {
        for question in batch {
          switch question {
          case .judge(let question, let trigger): inbox.put(.judged(Judge(host, bench).answer(question, about: trigger)))
          case .filter(let trigger): inbox.put(.filtered(EventFilter(host, bench).look(for: trigger)))
          }
        }
      }
    }
    let slow: @Sendable () -> Void = { [tasks, inbox] in
      let bench = ScriptBench(host)
      while let batch = tasks.take(limit: 1) {
        for (task, trigger) in batch {
          let cancellation = Cancellation()
          host.cancellations.withLock { $0[task.id] = cancellation }
          let ending = TaskRun(host, bench, task, trigger, cancellation).perform()
          host.cancellations.withLock { _ = $0.removeValue(forKey: task.id) }
          if let ending { inbox.put(.finished(ending)) }
        }
      }
    }
    threads.withLock { threads in
      for (name, body) in [("perigee-ask-1", quick), ("perigee-run-1", slow), ("perigee-run-2", slow)] {
        do throws(Problem) {
          threads.append(try OwnThread.start(name: name, body))
        } catch { host.log("error", error.description) }
      }
    }
  }

  func stop(interrupting cancellations: [Cancellation]) {
    questions.close()
    tasks.close()
    for cancellation in cancellations { cancellation.cancel() }
    for thread in threads.withLock({ $0 }) { thread.join() }
  }
}
