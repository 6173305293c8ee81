import Basics

extension Command {
  static let defaultPort = 7374

  static let serve = Command(
    name: "serve", summary: "Serve a store: API, scheduler and scripts",
    options: [
      Option("port", letter: "p", value: "N", "The port; without it \(defaultPort), 0 takes any that is free"),
      Option("host", value: "ADDRESS", "The address; without it 127.0.0.1, which only this machine can reach"),
      Option("threads", value: "N", "Threads for clustering; without it as many as the machine has"),
      Option("keep", value: "TIME", "How long decisions and events are remembered; without it 90d"),
      Option("keep-decisions", value: "N", "How many decisions of each trigger are remembered at most; without it 10000"),
      Option("keep-events", value: "N", "How many events are remembered at most; without it 1000000"),
      Option("keep-mib", value: "MIB", "About how much of the file decisions may take, and events; without it 256"),
      Option("sync-root", value: "FOLDERS", "Folders that buckets may follow, separated by colons; without it none"),
      Option("log-requests", "Log every request"),
      Option("rate-limit", value: "N", "Requests a minute of a key that has no limit of its own; without it as many as it likes"),
      Option("drain", value: "TIME", "How long answers on their way may take when it stops; without it 5s"),
      Option.store,
    ],
    examples: [
      Example("perigee serve", "./perigee.db on http://127.0.0.1:\(defaultPort)"),
      Example("perigee serve --store prod.db --port 9000", "another store, another port"),
      Example("perigee serve --sync-root /srv/articles", "buckets may follow what lies there"),
      Example("perigee serve --host 0.0.0.0", "for others too; a key must exist"),
    ],
    notes: """
      The first start of a store makes a key, 'first', and shows it once. Other perigee commands with the same
      --store find the running server by themselves. Ctrl-C or SIGTERM ends it in good order; what was
      acknowledged is safe at any time.
      """
  ) { invocation throws(Problem) in
    let server = try RunningServer.start(invocation)
    server.serve(invocation)
    invocation.console.say("stopping")
    server.stop()
    return .ok
  }
}
