import Basics
import Engine
import Glibc
import Model
import Scripting

extension Command {
  private static let where_: [Option] = [.store, .namespace]

  static let scriptsList = Command(
    name: "scripts list", summary: "List the stored scripts",
    options: [Option("kind", value: "KIND", "Only predicates, filters, hooks, actions, metrics, batches, modules or tests")] + where_,
    examples: [
      Example("perigee scripts list", "name, kind, active version"), Example("perigee scripts list --kind metric --json", "for programs"),
    ]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      var body: JSONObject = ["limit": 1000]
      if let kind = invocation.text("kind") { body["kind"] = .string(kind) }
      let answer = try connection.call("list_scripts", body: .object(body))
      if invocation.wantsJSON {
        invocation.console.print(answer)
        return .ok
      }
      var table = Table([
        Table.Column("NAME"), Table.Column("KIND"), Table.Column("ACTIVE", .right), Table.Column("VERSIONS", .right),
        Table.Column("DESCRIPTION", elastic: true),
      ])
      for script in answer["results"]?.array ?? [] {
        table.add(
          script["name"]?.string ?? "", script["kind"]?.string ?? "", script["active_version"]?.int.map { "\($0)" } ?? "none",
          "\(script["last_version"]?.int ?? 0)", script["description"]?.string ?? "")
      }
      table.print(to: invocation.console)
      return .ok
    }
  }

  static let scriptsShow = Command(
    name: "scripts show", summary: "Show a stored script, or its versions",
    positionals: [Positional("NAME", .one, "Its name or id")],
    options: [Option("version", value: "N", "That version instead of the active one"), Option("versions", "List the versions")] + where_,
    examples: [
      Example("perigee scripts show urgent", "the source of the active version"), Example("perigee scripts show urgent --versions", "what there was"),
    ]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let path = ["script_id": invocation.word(0) ?? ""]
      if invocation.has("versions") { return try showVersions(connection.call("list_script_versions", path: path), invocation) }
      let version = try invocation.int("version", in: 1...Int.max)
      let script = try connection.call("get_script", path: path, query: version.map { ["version": .int($0)] } ?? [:])
      if invocation.wantsJSON {
        invocation.console.print(script)
      } else {
        let source = script["source"]?.string ?? ""
        invocation.console.out.write(Array((source.hasSuffix("\n") ? source : source + "\n").utf8))
      }
      return .ok
    }
  }

  private static func showVersions(_ answer: JSON, _ invocation: Invocation) throws(Problem) -> ExitCode {
    if invocation.wantsJSON {
      invocation.console.print(answer)
      return .ok
    }
    var table = Table([
      Table.Column("VERSION", .right), Table.Column("STATUS"), Table.Column("CREATED"), Table.Column("BY"), Table.Column("TESTS"),
      Table.Column("NOTE", elastic: true),
    ])
    for version in answer["results"]?.array ?? [] {
      let tests = version["tests"].flatMap { $0["passed"]?.int.map { passed in "\(passed) passed, \(version["tests"]?["failed"]?.int ?? 0) failed" } }
      table.add(
        "\(version["version"]?.int ?? 0)", version["status"]?.string ?? "", version["created_at"]?.string ?? "", version["created_by"]?.string ?? "",
        tests ?? "none", version["note"]?.string ?? "")
    }
    table.print(to: invocation.console)
    return .ok
  }

  static let scriptsPush = Command(
    name: "scripts push", summary: "Store the scripts of a folder, each as a new version where it changed",
    positionals: [Positional("DIR", .one, "A folder of NAME.lua and NAME_test.lua, or one such file")],
    options: [
      Option("note", letter: "m", value: "TEXT", "Why, kept with the versions"), Option("force", "Store also what 'scripts check' finds faults in"),
    ] + where_,
    examples: [
      Example("perigee scripts push scripts/", "a script becomes active when its tests pass"),
      Example("perigee scripts push urgent.lua -m \"ignore drafts\"", "one script, with a reason"),
    ],
    notes: """
      The first comment lines of a file say what it is: '-- kind: predicate', and if you like '-- description: …'
      and, for a hook on the namespace, '-- events: documents_added, custom.deployed'. Tests stand in
      NAME_test.lua. A version whose tests fail is kept as a draft; the active one stays, and the exit code is 1.
      """
  ) { invocation throws(Problem) in
    let folder = try ScriptFolder(invocation.word(0) ?? ".")
    return try Connection.with(invocation, making: .namespace) { connection throws(Problem) in
      try ScriptPush(connection, invocation).push(folder)
    }
  }

  static let scriptsPull = Command(
    name: "scripts pull", summary: "Write the stored scripts into a folder",
    positionals: [Positional("DIR", .one, "Where NAME.lua and NAME_test.lua are to be; made when it is not there")],
    options: [Option("force", "Overwrite files that differ")] + where_,
    examples: [Example("perigee scripts pull scripts/", "the active versions; files that differ are left, and named")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in try ScriptPull(connection, invocation).pull(to: invocation.word(0) ?? ".") }
  }

  static let scriptsWatch = Command(
    name: "scripts watch", summary: "Push a folder's scripts each time one is saved",
    positionals: [Positional("DIR", .one, "The folder")], options: where_,
    examples: [Example("perigee scripts watch scripts/", "until Ctrl-C; tests run at every save")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation, making: .namespace) { connection throws(Problem) in
      try ScriptWatch(connection, invocation, folder: invocation.word(0) ?? ".").watch()
    }
  }

  static let scriptsRestore = Command(
    name: "scripts restore", summary: "Make an old version the active one",
    positionals: [
      Positional("NAME", .one, "Its name or id"), Positional("VERSION", .one, "Its number, as 'scripts show NAME --versions' lists them"),
    ],
    options: where_, examples: [Example("perigee scripts restore urgent 3", "its tests have to pass")]
  ) { invocation throws(Problem) in
    guard let number = invocation.word(1).flatMap({ Int($0) }), number > 0 else {
      throw Problem(
        .invalid, "'\(invocation.word(1) ?? "")' is not a version's number", hint: "For example: perigee scripts restore urgent 3", path: "VERSION")
    }
    return try Connection.with(invocation) { connection throws(Problem) in
      let answer = try connection.call("restore_script", path: ["script_id": invocation.word(0) ?? ""], body: ["version": .int(number)])
      if invocation.wantsJSON {
        invocation.console.print(answer)
      } else {
        invocation.console.print("\(answer["name"]?.string ?? ""): version \(number) is active")
      }
      return .ok
    }
  }

  static let scriptsDelete = Command(
    name: "scripts delete", summary: "Delete a stored script with its versions", positionals: [Positional("NAME", .one, "Its name or id")],
    options: where_, examples: [Example("perigee scripts delete urgent", "refused while a trigger uses it")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let answer = try connection.call("delete_script", path: ["script_id": invocation.word(0) ?? ""])
      if invocation.wantsJSON { invocation.console.print(answer) } else { invocation.console.print("\(answer["name"]?.string ?? "") is deleted") }
      return .ok
    }
  }
}
