import Basics
import Model

extension Command {
  static let importing = Command(
    name: "import", summary: "Insert or replace documents from JSON lines, with their vectors",
    positionals: [Positional("FILE", .one, "JSON lines (NDJSON); '-' is standard input")],
    options: [
      Option("collection", value: "NAME", "The collection; it is made when missing"),
      Option("vectors", value: "FILE", "One vector per line of FILE: .npy, or raw float32 with --dim"),
      Option("dim", value: "N", "Numbers in a vector of a raw file"),
      Option("index", value: "NAME", "The vector index; without it the collection's only one, or 'vector'"),
      Option("metric", value: "NAME", "Metric of an index that is made: cosine, euclidean or dot; without it cosine"),
      Option("dry-run", "Check everything, write nothing"), Option.store, Option.namespace,
    ],
    examples: [
      Example("perigee import words.ndjson --collection words --vectors words.npy", "texts and vectors side by side"),
      Example("perigee import words.ndjson --collection words --vectors words.f32 --dim 384", "raw float32 vectors"),
      Example("perigee export words | perigee import - --collection copy --store other.db", "from store to store"),
    ],
    notes: """
      A line is an object: 'id' or 'document_id' names the document, 'vectors' may hold its vectors by index name,
      the rest are its fields. A file is checked as a whole before anything of it is written, and importing it
      again replaces documents of the same names: it can be repeated after an interruption.
      """
  ) { invocation throws(Problem) in try Importing(invocation).run() }

  static let export = Command(
    name: "export", summary: "Write a collection's documents as JSON lines",
    positionals: [Positional("COLLECTION", .one, "Its name or id")],
    options: [
      Option("output", letter: "o", value: "FILE", "Where to write; without it standard output"),
      Option("vectors", value: "FILE", "Write the vectors to a file of their own: .npy or raw float32"),
      Option("index", value: "NAME", "Which vectors, where a collection has several"),
      Option("no-vectors", "Leave the vectors out"),
      Option("filter", value: "JSON", "Only documents that pass, e.g. '{\"category\": \"noun.food\"}'"), Option.store, Option.namespace,
    ],
    examples: [
      Example("perigee export words > words.ndjson", "documents with their vectors"),
      Example("perigee export words -o words.ndjson --vectors words.npy", "vectors apart, as import reads them"),
      Example("perigee export words --no-vectors --filter '{\"category\": \"noun.food\"}'", "only some, only fields"),
    ]
  ) { invocation throws(Problem) in try Exporting(invocation).run() }
}
