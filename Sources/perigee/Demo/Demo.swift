import Basics
import Engine
import Glibc
import Model

/// `perigee demo`: imports, clusters, watches and restarts on real data, telling what happens, in less than twenty seconds.
struct Demo {
  private let invocation: Invocation
  private let console: Console
  private let path: String
  private var entries: [DemoData.Entry]

  private static let clusters = 7
  private static let collection = "words"
  /// How long the triggers may take to do what they are there for.
  private static let watching = (first: Duration.seconds(5), second: Duration.seconds(9))

  init(_ invocation: Invocation) throws(Problem) {
    self.invocation = invocation
    // With --json the story is talk, and the result comes after it.
    console = invocation.wantsJSON ? Console(out: invocation.console.err, err: invocation.console.err) : invocation.console
    if let given = invocation.text("store") {
      if access(given, F_OK) == 0 {
        throw Problem(.conflict, "'\(given)' exists", hint: "The demo makes a store of its own: give another --store, or none", path: "--store")
      }
      path = given
    } else {
      path = try Self.temporaryFolder() + "/demo.db"
    }
    entries = try DemoData().entries
  }

  /// Where a demo's store goes that nobody named; the system empties the place one day.
  private static func temporaryFolder() throws(Problem) -> String {
    var template = Array((environment("TMPDIR") ?? "/tmp").utf8CString.dropLast()) + Array("/perigee-demo-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw fileProblem("/tmp", "write", errno) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Ends with the store closed.
  func run() throws(Problem) {
    let began = invocation.surroundings.ticks()
    Interrupts.handle {}
    let first = entries.filter { $0.wave == 1 }
    let second = entries.filter { $0.wave == 2 }
    var connection = try open()
    defer { connection.close() }
    headline("1", "A store with \(Format.count(first.count)) definitions from WordNet, each with 384 numbers that say what it means")
    let collection = try makeCollection(connection)
    try add(first, to: collection, connection)
    headline("2", "Grouped by meaning: k-means, \(Self.clusters) groups, nobody told it the topics")
    let clusterID = try cluster(connection)
    try showClusters(clusterID, connection)
    headline("3", "Five triggers: on the clock, at intervals, on events, on drift, and one that asks a Lua predicate")
    var timeline = try makeTriggers(clusterID, collection.id, connection)
    try watch(&timeline, connection, for: Self.watching.first) {
      $0.fired.isSuperset(of: ["on the clock", "heartbeat"]) && $0.held.isSuperset(of: ["when meaning drifts", "only when large"])
    }
    headline("4", "The host is stopped and started again: nothing is lost")
    let before = try counts(connection)
    connection.close()
    connection = try open()
    let after = try counts(connection)
    console.print("  before: \(before)")
    console.print("  after:  \(after)")
    headline("5", "\(Format.count(second.count)) documents about other things arrive")
    try add(second, to: collection, connection)
    try watch(&timeline, connection, for: Self.watching.second) {
      $0.fired.isSuperset(of: ["after 300 new words", "when meaning drifts", "only when large"])
    }
    headline("6", "What came of it")
    timeline.summarise()
    try requireFirings(timeline)
    console.print("")
    try showClusters(clusterID, connection)
    console.print("")
    console.say("done in \(Format.duration(invocation.surroundings.ticks() - began)); the store is \(path)")
  }

  /// The command to go on with.
  func farewell() {
    console.print("")
    console.print("Look around:")
    console.print("  \(console.out.styled("perigee trigger why \"only when large\" --store \(path)", .cyan))")
    console.print("  \(console.out.styled("perigee serve --store \(path)", .cyan))")
  }

  var storePath: String { path }

  // MARK: - Scenes

  private func open() throws(Problem) -> Connection {
    let console = console
    let host = try Host.open(
      Host.Configuration(path: path, surroundings: invocation.surroundings) { level, message in
        if level == "error" { console.say("error: \(message)") }
      })
    return try Connection(to: host, storePath: path, namespace: "default")
  }

  private func headline(_ number: String, _ text: String) {
    console.print("")
    console.print("\(console.out.styled(number, .cyan, .bold))  \(console.out.styled(text, .bold))")
  }

  private func makeCollection(_ connection: Connection) throws(Problem) -> Collection {
    let made = try connection.call(
      "create_collection",
      body: [
        "collection_name": .string(Self.collection),
        "vector_indexes": [["name": "meaning", "dimension": .int(DemoData.dimensions), "metric": "cosine"]],
      ])
    _ = try connection.call("create_collection", body: ["collection_name": "reports"])
    let now = invocation.surroundings.now()
    return Collection(
      id: made["collection_id"]?.string ?? "", namespaceID: connection.namespaceID ?? "", name: Self.collection,
      vectorIndexes: [VectorIndex(name: "meaning", dimensions: DemoData.dimensions, metric: .cosine)], createdAt: now, updatedAt: now)
  }

  private func add(_ entries: [DemoData.Entry], to collection: Collection, _ connection: Connection) throws(Problem) {
    guard let host = connection.host else { throw Problem(.internal, "the demo runs its own host") }
    let start = invocation.surroundings.ticks()
    let now = invocation.surroundings.now()
    let documents = entries.map { entry in
      Document(
        id: entry.id, collectionID: collection.id, fields: entry.fields, vectors: ["meaning": entry.vector], createdAt: now, updatedAt: now)
    }
    _ = try host.upsert(documents, into: collection)
    let elapsed = invocation.surroundings.ticks() - start
    let rate = Int64((Double(documents.count) / max(elapsed.inSeconds, 1e-6)).rounded())
    console.print("  \(Format.count(documents.count, "document")) stored in \(Format.duration(elapsed)) (\(Format.count(rate))/s)")
  }

  private func cluster(_ connection: Connection) throws(Problem) -> String {
    let definition = try connection.call(
      "create_cluster",
      body: [
        "cluster_name": "topics", "collection_ids": [.string(Self.collection)], "metadata": ["text_fields": ["text"]],
        "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": .int(Self.clusters), "n_init": 4]],
      ])
    let id = definition["cluster_id"]?.string ?? ""
    let task = try connection.call("execute_cluster", path: ["cluster_id": id])
    let ended = try connection.wait(for: task["task_id"]?.string ?? "")
    guard ended["status"]?.string == TaskRecord.Status.completed.rawValue else {
      throw Problem(.script, "the clustering ended as \(ended["status"]?.string ?? "?"): \(ended["error"]?.string ?? "")")
    }
    return id
  }

  /// Each group with its keywords, and one of its members in full.
  private func showClusters(_ clusterID: String, _ connection: Connection) throws(Problem) {
    let groups = try connection.call("get_cluster_groups", path: ["cluster_id": clusterID])["groups"]?.array ?? []
    let words = Dictionary(entries.map { ($0.id, $0.fields["words"]?.array?.first?.string ?? $0.id) }) { first, _ in first }
    var table = Table([.init("group"), .init("members", .right), .init("keywords"), .init("for example", elastic: true)])
    for group in groups.sorted(by: { $0["num_members"]?.int ?? 0 > $1["num_members"]?.int ?? 0 }) {
      let keywords = (group["keywords"]?.array ?? []).prefix(4).compactMap(\.string).joined(separator: ", ")
      let members = (group["representative_ids"]?.array ?? []).compactMap { $0["document_id"]?.string }.compactMap { words[$0] }
      table.add(group["cluster_id"]?.string ?? "", Format.count(group["num_members"]?.int ?? 0), keywords, members.joined(separator: ", "))
    }
    table.print(to: console)
  }

  private func makeTriggers(_ clusterID: String, _ collectionID: String, _ connection: Connection) throws(Problem) -> DemoTimeline {
    var names: [String: String] = [:]
    for definition in DemoTriggers.definitions(clusterID: clusterID, collectionID: collectionID) {
      let made = try connection.call("create_trigger", body: definition)
      names[made["trigger_id"]?.string ?? ""] = made["name"]?.string
      console.print("  \(console.out.styled(definition["description"]?.string ?? "", .dim))")
    }
    console.print("")
    return DemoTimeline(names, start: invocation.surroundings.now(), on: console)
  }

  /// Tells what is decided until enough has fired, or the time is over.
  private func watch(
    _ timeline: inout DemoTimeline, _ connection: Connection, for limit: Duration, until isEnough: (DemoTimeline) -> Bool
  ) throws(Problem) {
    let start = invocation.surroundings.ticks()
    while invocation.surroundings.ticks() - start < limit {
      try timeline.look(connection)
      if Interrupts.wasAsked { throw Problem(.cancelled, "the demo was interrupted", hint: "Its store is \(path)") }
      if isEnough(timeline) { break }
      pause(.milliseconds(100))
    }
    try connection.host?.settle()
    try timeline.look(connection)
  }

  private func counts(_ connection: Connection) throws(Problem) -> String {
    let documents = try connection.call("count_documents", path: ["collection_identifier": .init(Self.collection)])["count"]?.int ?? 0
    let triggers = try connection.call("list_triggers", body: ["limit": 1000])["results"]?.array ?? []
    let runs = triggers.reduce(0) { $0 + ($1["execution_count"]?.int ?? 0) }
    return "\(Format.count(documents)) documents, \(triggers.count) triggers, \(runs) runs done"
  }

  private func requireFirings(_ timeline: DemoTimeline) throws(Problem) {
    let missing = Set(["on the clock", "heartbeat", "after 300 new words", "when meaning drifts", "only when large"]).subtracting(timeline.fired)
    guard missing.isEmpty else {
      throw Problem(
        .internal, "these triggers did not fire: \(missing.sorted().joined(separator: ", "))", hint: "perigee trigger list --store \(path)")
    }
  }
}
