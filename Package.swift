// swift-tools-version: 6.2
import PackageDescription

// A target imports only from floors below its own; the compiler checks it.
// Sources/README.md is the map.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// The C floors are always optimised: kernels and interpreters are not debugged in Swift tests, and -O0 makes them tenfold slower.
let optimised: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno", "-std=gnu2x"])]

/// Four of Debian's Lua internals are replaced at link time; Sources/CLua/guards.c says why. It needs the archive, not the shared object.
let lua: [LinkerSetting] = [
  .linkedLibrary(":liblua5.4.a"),
  .unsafeFlags(["luaT_tryconcatTM", "luaC_fullgc", "luaT_gettmbyobj", "luaT_gettm"].flatMap { ["-Xlinker", "--wrap=" + $0] }),
]

func floor(_ name: String, _ dependencies: [String]) -> Target {
  .target(name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [String] = [], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: ([name] + dependencies).map { .byName(name: $0) },
    exclude: ["Data"], swiftSettings: settings)
}

let package = Package(
  name: "perigee",
  targets: [
    // 0: C
    .target(name: "CLua", cSettings: optimised, linkerSettings: lua),
    .target(name: "CSQLite", cSettings: optimised, linkerSettings: [.linkedLibrary(":libsqlite3.a")]),
    .target(name: "CKernels", cSettings: optimised),
    .target(name: "CLinux", cSettings: optimised),
    .target(name: "CAssets", exclude: ["data"], cSettings: optimised),
    // 1, 2
    floor("Basics", ["CLinux"]),
    floor("Model", ["Basics"]),
    // 3
    floor("Scheduling", ["Basics", "Model"]),
    floor("Clustering", ["Basics", "Model", "CKernels"]),
    floor("Store", ["Basics", "Model", "CSQLite"]),
    floor("Scripting", ["Basics", "Model", "CLua"]),
    floor("HTTP", ["Basics", "CLinux"]),
    // 4, 5, 6
    floor("Engine", ["Basics", "Model", "Scheduling", "Clustering", "Store", "Scripting", "CLinux"]),
    floor("API", ["Basics", "Model", "Store", "Engine", "HTTP", "CAssets"]),
    .executableTarget(
      name: "perigee",
      dependencies: ["Basics", "Model", "Scheduling", "Clustering", "Store", "Scripting", "Engine", "API", "HTTP", "CAssets", "CLua"],
      swiftSettings: settings),
    floor("TestSupport", ["Basics", "Model", "Scheduling", "Engine"]),
    // Tests, one target per room
    tests("Basics"),
    tests("Model", ["Basics"]),
    tests("Scheduling", ["Basics", "Model"]),
    tests("Clustering", ["Basics", "Model", "CKernels"]),
    tests("Store", ["Basics", "Model"]),
    tests("Scripting", ["Basics", "Model"]),
    tests("HTTP", ["Basics"]),
    tests("Engine", ["Basics", "Model", "Scheduling", "Scripting", "Clustering", "Store", "TestSupport"]),
    tests("API", ["Basics", "Model", "Engine", "HTTP", "TestSupport", "Store"]),
    tests("perigee", ["Basics", "Model", "Store", "HTTP"]),
  ]
)
