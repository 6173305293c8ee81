import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("What means nothing here") struct IdleFieldTests {
  @Test(
    "has its type all the same",
    arguments: [
      ("create_standalone_namespace", ["namespace_id": "own", "storage": "s3"], "storage"),
      ("create_standalone_namespace", ["namespace_id": "own", "config": [1]], "config"),
      ("run_source", ["source": "return 1", "event": "created"], "event"),
      ("create_collection", ["collection_name": "words", "source": ["collection_ids": ["points"]]], "source.type"),
    ] as [(String, JSON, String)])
  func types(operation: String, body: JSON, path: String) throws {
    let fixture = try Fixture(documents: 1)
    let problem = #expect(throws: Problem.self) { try fixture.store.call(operation, body: body) }
    #expect(problem?.path == path && problem?.kind == .invalid, "\(String(describing: problem))")
  }
}
