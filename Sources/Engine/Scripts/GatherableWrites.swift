import Basics

/// The writes of the API that can wait for the outcome of a run, and be committed with it or not at all.
///
/// What a script reads afterwards is as it left it for documents, values, triggers, collections and clusterings. Of other things it reads what is
/// stored, so such a thing is made or changed once in a run; `leaving` says how it is named.
struct GatherableWrites {
  /// By operation: members of the answer, or with a colon parameters of the path, that name what cannot be read until it is committed.
  static let leaving: [String: [String]] = [
    "upsert_documents": [], "create_document": [], "update_document": [], "delete_document": [], "batch_delete_documents": [],
    "set_kv": [], "increment_kv": [], "delete_kv": [], "emit_event": [],
    "create_trigger": [], "update_trigger": [], "delete_trigger": [], "pause_trigger": [], "resume_trigger": [], "execute_trigger_now": [],
    "bulk_triggers": [],
    "create_collection": [], "update_collection": [], "delete_collection": [":collection_identifier", "collection_id"],
    "create_cluster": [], "patch_cluster": [], "delete_cluster": [":cluster_id", "cluster_id"], "execute_cluster": [],
    "create_taxonomy": ["taxonomy_id", "taxonomy_name"], "delete_taxonomy": [":taxonomy_identifier", "taxonomy_id"],
    "apply_taxonomy_to_collection": [],
    "create_retriever": ["retriever_id", "retriever_name"], "patch_retriever": [":retriever_id"], "delete_retriever": [":retriever_id"],
    "create_alert": ["alert_id", "name"], "patch_alert": [":alert_identifier", "alert_id", "name"],
    "delete_alert": [":alert_identifier", "alert_id"],
    "create_bucket": ["bucket_id", "bucket_name"], "delete_bucket": [":bucket_identifier", "bucket_id"],
    "create_object_buckets": [], "create_objects_batch_buckets": [],
    "create_batch_buckets_batches": ["batch_id"], "submit_batch_buckets_batches": [":batch_id"], "retry_batch_buckets_batches": [":batch_id"],
    "resubmit_batch_buckets_batches": [":batch_id"], "trigger_collection": [],
  ]

  /// Why an operation cannot wait, and what to do instead; nil when it can. `place`: "hook or action", "transaction".
  static func refusal(of operation: String, in place: String) -> Problem? {
    if leaving[operation] != nil { return nil }
    if operation.hasPrefix("cancel_") {
      return Problem(
        .forbidden, "'\(operation)' stops a run at once, which could not be taken back if this \(place) fails",
        hint: "Cancel from a batch script, or give the trigger \"overlap\": \"cancel_running\"")
    }
    return Problem(
      .forbidden, "'\(operation)' cannot wait for the end of this \(place), with which all that it writes is committed",
      hint: "Do it in a batch script: perigee run, or a stored script of the kind batch")
  }

  /// Performs a write, or a read beside it, against what the script has gathered so far.
  static func perform(_ operation: Operation, _ call: Call, on host: Host, _ gathering: Gathering, isWrite: Bool) throws(Problem) -> Operation.Answer
  {
    if isWrite {
      let named = call.path.values + (call.body.object?.members.compactMap(\.value.string) ?? [])
      if let changed = named.first(where: gathering.hasChanged) {
        throw Problem(
          .conflict, "'\(changed)' was made, changed or deleted by this run already, which is committed when it ends",
          hint: "Say all of it in one call, or do the rest in the next run or in a batch script")
      }
    }
    do throws(Problem) {
      let answer = try gathering.whole { () throws(Problem) in
        try Gathering.with(gathering) { () throws(Problem) in try operation.perform(host, call) }
      }
      if isWrite, let json = answer.json { gathering.noteChange(of: names(leaving[operation.name] ?? [], call, json)) }
      return answer
    } catch {
      guard error.kind == .notFound, error.hint == nil, !gathering.writes.isEmpty else { throw error }
      var told = error
      told.hint = "What this run makes is there when it has ended; use it in the next run"
      throw told
    }
  }

  private static func names(_ members: [String], _ call: Call, _ answer: JSON) -> [String] {
    members.compactMap { $0.hasPrefix(":") ? call.path[String($0.dropFirst())] : answer[$0]?.string }
  }
}
