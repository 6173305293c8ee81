import Basics
import Model
import Store

/// An execution of a retriever as its caller hears of it, and as it is kept.
struct RetrievalReport {
  let executionID: String
  let outcome: Retrieval.Outcome
  let documents: [JSONObject]
  private let retriever: Retriever
  private let page: RetrievalPage

  /// Executes; a failure is kept, too, and thrown.
  init(
    _ host: Host, _ retriever: Retriever, inputs: JSONObject, filter: Filter?, page: RetrievalPage, vectors: Bool = false, isKept: Bool,
    cancellation: Cancellation = Cancellation()
  ) throws(Problem) {
    let began = host.surroundings.now()
    let ticks = host.surroundings.ticks()
    let id = Identifier.make("exec", host.surroundings)
    executionID = id
    (self.retriever, self.page) = (retriever, page)
    func execution(_ status: RetrieverExecution.Status, processed: Int, returned: Int, _ details: JSONObject) -> RetrieverExecution {
      var details = details
      details["inputs_hash"] = .string(SHA256.hex(JSON.object(inputs).text))
      details["query_summary"] = .optional(Self.summary(inputs))
      return RetrieverExecution(
        id: id, retrieverID: retriever.id, namespaceID: retriever.namespaceID, status: status, createdAt: began,
        completedAt: host.surroundings.now(), milliseconds: (host.surroundings.ticks() - ticks).inSeconds * 1000, processed: Int64(processed),
        returned: Int64(returned), details: details)
    }
    do throws(Problem) {
      outcome = try Retrieval(host, retriever, cancellation: cancellation).run(inputs: inputs, filter: filter, page: page, vectors: vectors)
      documents = outcome.hits.compactMap { $0.json(vectors: vectors).object }
    } catch {
      if isKept { host.record(execution(.failed, processed: 0, returned: 0, ["error": .string(error.description)])) }
      throw error
    }
    if isKept {
      let details: JSONObject = ["stage_statistics": outcome.statistics, "pagination": pagination, "warnings": .array(warnings)]
      host.record(execution(.completed, processed: outcome.processed, returned: documents.count, details))
    }
  }

  /// The first text among the inputs, shortened: what lists of executions show.
  private static func summary(_ inputs: JSONObject) -> String? {
    inputs.members.lazy.compactMap(\.value.string).first.map { String($0.prefix(120)) }
  }

  private var pagination: JSON { page.json(returned: outcome.hits, total: outcome.total, start: outcome.start) }

  private var ignored: [String] { outcome.values.provided.filter { !outcome.notes.used.contains($0) } }

  private var warnings: [JSON] {
    ignored.map { name in
      let near = Suggestion.nearest(to: name, in: retriever.inputs.map(\.name).filter { $0 != name } + outcome.notes.used)
      return .string("no stage uses the input '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
    }
  }

  var json: JSONObject {
    [
      "retriever_id": .string(retriever.id), "execution_id": .string(executionID), "status": "completed",
      "documents": .array(documents.map(JSON.object)), "pagination": pagination, "stage_statistics": outcome.statistics,
      "budget": [
        "credits_used": 0, "time_used_ms": .double(outcome.milliseconds), "max_time_ms": .optional(retriever.maxTime.map(\.inMilliseconds)),
      ],
      "limits": .array(outcome.limits), "warnings": .array(warnings), "cache_hit": false, "consistency_mode": "strong", "degraded": [],
      "interpretation": [
        "provided_input_keys": .array(outcome.values.provided.map(JSON.string)), "inferred_inputs": .object(outcome.values.inferred),
        "ignored_input_keys": .array(ignored.map(JSON.string)),
        "relaxations": .array(outcome.notes.relaxed.map { ["field": .string($0), "reason": "its input was not given"] }),
      ],
      "diagnostics": ["summary": .string(summary)],
    ]
  }

  /// Stage by stage, how many documents were left.
  private var summary: String {
    let steps = outcome.stages.map { "\($0.name) left \($0.output) of \($0.input)" }
    return (steps + ["\(outcome.total) documents in all"]).joined(separator: ", ")
  }

  var plan: JSON {
    [
      "stages": .array(
        outcome.stages.map {
          [
            "stage_name": .string($0.name), "stage_id": .string($0.kind.rawValue), "input_count": .int($0.input), "output_count": .int($0.output),
            "duration_ms": .double($0.milliseconds),
          ]
        }),
      "vector_indexes": .array(outcome.features.map(JSON.string)), "exact": true,
    ]
  }
}
