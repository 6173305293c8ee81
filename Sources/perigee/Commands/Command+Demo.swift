import Basics

extension Command {
  static let demo = Command(
    name: "demo", summary: "See it work on real data, in 20 seconds",
    options: [
      Option("store", value: "FILE", "Where to make the demo's store; without it in a temporary folder"),
      Option("serve", "Leave the store served at the end"),
      Option("port", letter: "p", value: "N", "The port for --serve; without it \(defaultPort)"),
    ],
    examples: [
      Example("perigee demo", "the whole story"), Example("perigee demo --serve", "and the API to look around in"),
      Example("perigee demo --store demo.db", "keep the store here"),
    ],
    notes: """
      Inside the binary are 1,000 definitions from WordNet 3.0 with the numbers of a sentence encoder; nothing is
      downloaded. 'perigee help licences' shows their licence.
      """
  ) { invocation throws(Problem) in
    let demo = try Demo(invocation)
    try demo.run()
    guard invocation.has("serve") else {
      if invocation.wantsJSON { invocation.console.print(["store": .string(demo.storePath)]) } else { demo.farewell() }
      return .ok
    }
    let server = try RunningServer.start(invocation, path: demo.storePath)
    server.serve(invocation)
    server.stop()
    return .ok
  }
}
