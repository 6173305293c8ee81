import Basics

extension Command {
  static let replay = Command(
    name: "replay", summary: "Decide again what was decided, and compare",
    positionals: [Positional("ID", .one, "An evaluation's id, or that of the task which it started")], options: [Option.store, Option.namespace],
    examples: [
      Example("perigee replay eval_00V70N1RA00001Hvdx", "0: the same, 1: not the same, 7: cannot be replayed"),
      Example("perigee replay task_Lpx07aPvlPZT7me05CKPdw --json", "the decision that started a task, both ways"),
    ],
    notes: """
      The schedule's rules run once more over what was recorded with the decision: instants, counts, measured
      numbers, and for scripts their input, dice and every answer they got. Both decisions are compared byte for
      byte, without their cost. Hooks, event filters and actions are not recorded, nor are scripts that read more
      than 8 kB; and a trigger whose schedule was edited since cannot be replayed.
      """
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let answer = try connection.call("replay_evaluation", path: ["evaluation_id": invocation.word(0) ?? ""])
      let console = invocation.console
      if invocation.wantsJSON {
        console.print(answer)
      } else if let reason = answer["reason"]?.string {
        console.print("cannot be replayed: \(reason)")
      } else if answer["same"] == true {
        console.print("the same: \(answer["recorded"]?.text ?? "")")
      } else {
        console.print("recorded\t\(answer["recorded"]?.text ?? "")")
        console.print("decided\t\(answer["decided"]?.text ?? "")")
      }
      if let note = answer["note"]?.string, !invocation.wantsJSON { console.say(note) }
      if answer["replayable"] == false { return .held }
      return answer["same"] == true ? .ok : .failed
    }
  }
}
