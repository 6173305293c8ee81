import Basics
import Model

/// `perigee cluster --collection NAME`: stores a definition, runs it, waits, and shows the groups.
struct CollectionClustering {
  private let collection: String
  private let invocation: Invocation

  init(_ collection: String, _ invocation: Invocation) {
    self.collection = collection
    self.invocation = invocation
  }

  func run() throws(Problem) -> ExitCode {
    let algorithm = invocation.text("algorithm") ?? "kmeans"
    let parameters = try invocation.algorithmParameters()
    // Wrong parameters are told in the option's words, before anything is stored.
    _ = try Algorithm(named: algorithm, parameters, path: "--params", nameAt: "--algorithm")
    let threads = try invocation.threads()
    return try Connection.with(invocation, threads: threads) { connection throws(Problem) in
      let console = invocation.console
      Interrupts.handle {}
      let definition = try define(algorithm, parameters, connection)
      guard let id = definition["cluster_id"]?.string else { throw Problem(.internal, "the definition has no cluster_id") }
      let started = invocation.surroundings.ticks()
      let queued = try connection.call("execute_cluster", path: ["cluster_id": id])
      var progress = Progress("clustering", noun: "s", console, invocation.surroundings)
      let task = try connection.wait(for: queued["task_id"]?.string ?? "") { progress.show(Int(progress.elapsed.inSeconds), fraction: nil) }
      progress.clear()
      let elapsed = invocation.surroundings.ticks() - started
      guard task["status"]?.string == TaskRecord.Status.completed.rawValue else { return try Self.failure(task, console) }
      let groups = try connection.call("get_cluster_groups", path: ["cluster_id": id])
      let run = try connection.call("get_cluster_execution", path: ["cluster_id": id, "run_id": groups["run_id"]?.string ?? ""])
      if invocation.wantsJSON {
        console.print([
          "cluster_id": .string(id), "cluster_name": definition["cluster_name"] ?? .null, "run_id": groups["run_id"] ?? .null,
          "task_id": queued["task_id"] ?? .null, "n_clusters": run["num_clusters"] ?? .null, "num_points": run["num_points"] ?? .null,
          "metrics": run["metrics"] ?? .null, "groups": groups["groups"] ?? [], "seconds": .double(elapsed.inSeconds),
        ])
      } else {
        Self.show(groups["groups"]?.array ?? [], on: console)
        let metrics = (run["metrics"]?.object?.members ?? []).compactMap { member in member.value.double.map { "\(member.key) \(Format.number($0))" }
        }
        console.say("")
        console.say(
          "\(Format.count(run["num_points"]?.int ?? 0)) documents of '\(collection)' in \(Format.duration(elapsed)), kept as \(definition["cluster_name"]?.string ?? id) (\(id))"
        )
        if !metrics.isEmpty { console.say(metrics.joined(separator: ", ")) }
      }
      return .ok
    }
  }

  private func define(_ algorithm: String, _ parameters: JSON, _ connection: Connection) throws(Problem) -> JSON {
    let found = try connection.call("get_collection", path: ["collection_identifier": collection])
    let collectionName = found["collection_name"]?.string ?? collection
    let name = invocation.text("name") ?? "\(collectionName)_\(algorithm)"
    var config: JSONObject = ["clustering_method": .string(algorithm), "\(algorithm)_parameters": parameters]
    if let index = invocation.text("index") {
      let known = (found["vector_indexes"]?.array ?? []).compactMap { $0["name"]?.string }
      guard known.contains(index) else {
        throw Problem(
          .invalid, "collection '\(collectionName)' has no vector index '\(index)'",
          hint: known.isEmpty ? "Import documents with vectors first" : "It has: \(known.joined(separator: ", "))", path: "--index",
          didYouMean: Suggestion.nearest(to: index, in: known))
      }
      config["feature_uri"] = .string(index)
    }
    var body: JSONObject = ["vector_config": .object(config)]
    if let fields = invocation.text("text") {
      body["metadata"] = ["text_fields": .array(fields.split(separator: ",").map { .string(String($0)) })]
    }
    do throws(Problem) {
      _ = try connection.call("get_cluster", path: ["cluster_identifier": name])
    } catch {
      guard error.kind == .notFound else { throw error }
      body["cluster_name"] = .string(name)
      body["collection_ids"] = [found["collection_id"] ?? .string(collection)]
      return try connection.call("create_cluster", body: .object(body))
    }
    return try connection.call("patch_cluster", path: ["cluster_identifier": name], body: .object(body))
  }

  private static func failure(_ task: JSON, _ console: Console) throws(Problem) -> ExitCode {
    let status = task["status"]?.string ?? "?"
    if status == TaskRecord.Status.canceled.rawValue { throw Problem(.cancelled, "the task was cancelled") }
    console.say("\(console.err.styled("error:", .red, .bold)) the run ended as \(status): \(task["error"]?.string ?? "no reason was given")")
    return .failed
  }

  /// The groups, the largest first.
  static func show(_ groups: [JSON], on console: Console) {
    var table = Table([.init("cluster"), .init("members", .right), .init("cosine", .right), .init("keywords", elastic: true)])
    for group in groups.sorted(by: { $0["num_members"]?.int ?? 0 > $1["num_members"]?.int ?? 0 }) {
      let keywords = group["keywords"]?.array?.compactMap(\.string) ?? []
      table.add(
        group["cluster_id"]?.string ?? "", Format.count(group["num_members"]?.int ?? 0),
        group["mean_cosine_similarity"]?.double.map { Format.fixed($0, 3) } ?? "", keywords.joined(separator: ", "))
    }
    table.print(to: console)
  }
}
