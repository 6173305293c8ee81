import Basics
import Model

/// What an extractor gets: an object of a bucket, or a document of another collection, with where it comes from.
struct SourceItem {
  /// The object or document.
  var id: String
  /// The bucket or collection that it lies in.
  var sourceID: String
  var values: JSONObject
  /// Of documents: their vectors by index.
  var vectors: [String: [Float]] = [:]
  /// The object that all this began with, and its bucket; documents that were written by hand have none.
  var root: (bucketID: String, objectID: String)?
  /// As filters see it.
  var shown: JSONObject

  init(_ object: BucketObject) {
    id = object.id
    sourceID = object.bucketID
    values = object.payload
    root = (object.bucketID, object.id)
    shown = object.json.object ?? JSONObject()
    for blob in object.blobs where shown[blob.property] == nil { shown[blob.property] = blob.data }
  }

  init(_ document: Document) {
    id = document.id
    sourceID = document.collectionID
    values = JSONObject(members: document.fields.members.filter { !Lineage.names.contains($0.key) })
    vectors = document.vectors
    if let bucket = document.fields[Lineage.rootBucket]?.string, let object = document.fields[Lineage.rootObject]?.string { root = (bucket, object) }
    shown = document.json().object ?? JSONObject()
  }

  /// The identifier of the document that a collection makes of it: the same each time, so that making it again replaces it.
  func documentID(in collectionID: String) -> String { Identifier.derived("doc", from: collectionID, sourceID, id) }

  /// Where the document comes from, as fields of it.
  var lineage: [JSONObject.Member] {
    var members: [JSONObject.Member] = []
    if let root {
      members.append(.init(key: Lineage.rootBucket, value: .string(root.bucketID)))
      members.append(.init(key: Lineage.rootObject, value: .string(root.objectID)))
    }
    if root?.objectID != id {
      members.append(.init(key: Lineage.sourceCollection, value: .string(sourceID)))
      members.append(.init(key: Lineage.sourceDocument, value: .string(id)))
    }
    return members
  }
}

/// The fields that tell where a document comes from; filters find them like any other.
enum Lineage {
  static let rootBucket = "root_bucket_id"
  static let rootObject = "root_object_id"
  static let sourceCollection = "source_collection_id"
  static let sourceDocument = "source_document_id"
  static let names: Set<String> = [rootBucket, rootObject, sourceCollection, sourceDocument]
}
