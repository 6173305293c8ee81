package import Basics

/// What the system knows of a document stands in its `_internal` field, beside the user's fields and out of their reach.
extension Document {
  /// Sets members of `_internal`: null removes one, and an entry of `processing.history` takes the place of an older one about the same thing.
  package static func merge(_ changes: JSONObject, into old: JSONObject) -> JSONObject {
    var result = old
    result.set(changes.members.filter { $0.key != "processing" }, nullRemoves: true)
    guard let added = changes["processing"]?["history"]?.array else { return result }
    func subject(_ entry: JSON) -> [JSON?] { [entry["type"], entry["taxonomy_id"]] }
    let subjects = added.map(subject)
    let kept = (old["processing"]?["history"]?.array ?? []).filter { !subjects.contains(subject($0)) }
    result["processing"] = ["history": .array(kept + added)]
    return result
  }
}
