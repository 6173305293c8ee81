import Basics

extension Command {
  private static let syncBucket = Positional("BUCKET", .one, "The bucket, by its name or id")
  private static let syncID = Positional("SYNC", .one, "Its id, from 'perigee sync list'")

  static let syncAdd = Command(
    name: "sync add", summary: "Let a bucket follow a folder: its files become objects",
    positionals: [syncBucket, Positional("FOLDER", .one, "A folder of the server's machine, in one of its --sync-root folders")],
    options: [
      Option("include", value: "PATTERNS", "Only files like these, separated by commas: *.txt,news/*.ndjson"),
      Option("exclude", value: "PATTERNS", "No files like these"), Option("once", "Take in what is there, and follow no further"),
      Option("no-batches", "Only make objects; process nothing"), Option("keep", "Keep the objects of files that are gone"), Option.store,
      Option.namespace,
    ],
    examples: [
      Example("perigee sync add articles /srv/articles", "every file, and every change"),
      Example("perigee sync add orders /srv/orders --include \"*.csv\" --once", "what is there now"),
    ],
    notes: """
      .ndjson, .jsonl, .csv and .tsv give an object for each row, .json for what it holds, other files of text one object with
      their text. Hidden files and links are left out. Write large files elsewhere and move them in when they are complete.
      """
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      func patterns(_ name: String) -> JSON {
        invocation.text(name).map { text in .array(text.split(separator: ",").map { .string(String($0)) }) } ?? .null
      }
      let made = try connection.call(
        "create_sync_configuration_buckets", path: ["bucket_identifier": invocation.words[0]],
        body: [
          "connection_id": "local", "source_path": .string(invocation.words[1]), "sync_mode": invocation.has("once") ? "initial_only" : "continuous",
          "file_filters": ["include_patterns": patterns("include"), "exclude_patterns": patterns("exclude")],
          "skip_batch_submission": .bool(invocation.has("no-batches")), "reconcile": ["on_delete": .bool(!invocation.has("keep"))],
        ])
      if invocation.wantsJSON { invocation.console.print(made) } else { invocation.console.print(made["sync_config_id"]?.string ?? "") }
      return .ok
    }
  }

  static let syncList = Command(
    name: "sync list", summary: "List the folders that a bucket follows", positionals: [syncBucket], options: [Option.store, Option.namespace],
    examples: [Example("perigee sync list articles", "with how they fare")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let answer = try connection.call("list_sync_configurations_buckets", path: ["bucket_identifier": invocation.words[0]], body: ["limit": 1000])
      if invocation.wantsJSON {
        invocation.console.print(answer)
        return .ok
      }
      var table = Table([
        .init("id"), .init("status"), .init("files", .right), .init("failed", .right), .init("last look"), .init("folder", elastic: true),
      ])
      for sync in answer["results"]?.array ?? [] {
        table.add(
          sync["sync_config_id"]?.string ?? "", sync["status"]?.string ?? "", sync["total_files_discovered"]?.text ?? "0",
          sync["total_files_failed"]?.text ?? "0", sync["last_sync_at"]?.string ?? "never", sync["source_path"]?.string ?? "")
      }
      table.print(to: invocation.console)
      return .ok
    }
  }

  static let syncRun = Command(
    name: "sync run", summary: "Look through a folder now", positionals: [syncBucket, syncID],
    options: [Option("full", "Read every file, also those that look as they did"), Option.store, Option.namespace],
    examples: [Example("perigee sync run articles sync_4fJk2", "shows what was found")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      var path = ["bucket_identifier": invocation.words[0], "sync_config_id": invocation.words[1]]
      let asked = try connection.call(
        "trigger_sync_configuration_buckets_id_config", path: path, query: invocation.has("full") ? ["full_sync": true] : [:])
      path["sync_job_id"] = asked["sync_job_id"]?.string
      var job = asked
      while job["status"] == "running" {
        pause(.milliseconds(50))
        job = try connection.call("get_sync_job_buckets_id_config", path: path)
      }
      if invocation.wantsJSON {
        invocation.console.print(job)
      } else {
        func count(_ key: String) -> String { Format.count(job[key]?.int ?? 0) }
        invocation.console.print(
          "\(job["status"]?.string ?? ""): \(count("objects_added")) added, \(count("objects_updated")) updated, "
            + "\(count("objects_deleted")) deleted, \(count("files_verified")) files as they were, \(count("files_failed")) failed")
        if let error = job["error"]?.string { invocation.console.say(printable(error)) }
      }
      return job["status"] == "completed" ? .ok : .failed
    }
  }

  static let syncDelete = Command(
    name: "sync delete", summary: "Stop following a folder; the objects stay", positionals: [syncBucket, syncID],
    options: [Option.store, Option.namespace], examples: [Example("perigee sync delete articles sync_4fJk2", "the folder is left alone")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let path = ["bucket_identifier": invocation.words[0], "sync_config_id": invocation.words[1]]
      _ = try connection.call("delete_sync_configuration_buckets_id_config", path: path)
      if !invocation.wantsJSON { invocation.console.say("\(printable(invocation.words[1])) is deleted") }
      return .ok
    }
  }
}
