import Basics
import Clustering

extension Command {
  static let classify = Command(
    name: "classify", summary: "Put vectors under the nodes of a taxonomy",
    positionals: [
      Positional("DOCUMENTS", .one, "Vectors: .npy, or raw float32 with --dim"),
      Positional("ANCHORS", .one, "A vector for each node; with --neighbors labelled examples instead"),
    ],
    options: [
      Option("dim", value: "N", "Numbers in a row of raw files"),
      Option("top", value: "K", "So many nodes for each document, most similar first; without it 1"),
      Option("threshold", value: "COSINE", "Less similar nodes are none; without it every one counts"),
      Option("parents", value: "FILE", "The parent of each node, -1 for a root: .npy, .csv, .txt, .json or raw int32"),
      Option("beam", value: "N", "Descend from the roots, following so many nodes of each level (with --parents)"),
      Option("examples", value: "FILE", "Example documents: a node that has some is where their mean is (with --labels)"),
      Option("labels", value: "FILE", "The node of each example, -1 for none"),
      Option("neighbors", value: "K", "ANCHORS are labelled examples (with --labels): the K nearest vote"),
      Option("out", value: "FILE", "Write the first node of each document to a file, -1 for none: .npy, .csv, .json or raw int32"),
      Option("threads", value: "N", "Threads; without it as many as the machine has"),
    ],
    examples: [
      Example("perigee classify documents.npy nodes.npy --top 5 --json", "the five nearest of all nodes, with their cosines"),
      Example("perigee classify documents.f32 nodes.f32 --dim 384 --threshold 0.5 --out nodes.csv", "one node each, where one is near enough"),
      Example("perigee classify new.npy nodes.npy --examples old.npy --labels old.csv", "nodes learned from examples"),
      Example("perigee classify new.npy old.npy --neighbors 15 --labels old.csv", "a vote of the nearest examples"),
    ],
    notes: """
      Similar means the cosine; lengths do not matter. Nodes count from 0 in the order of ANCHORS; among equally similar
      ones the lower comes first. Names of nodes say less than documents about them do: learn from examples where there are
      some, and take the vote where a class has no one middle.
      """
  ) { invocation throws(Problem) in try FileClassification(invocation).run() }
}
