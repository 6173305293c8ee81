import CKernels

/// The precision in which a chain of nearest neighbours computes: its few loops over rows, made in C for either.
protocol ChainNumber: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  typealias Row = UnsafePointer<Self>
  typealias MutableRow = UnsafeMutablePointer<Self>

  static func least(_ row: Row, _ barriers: Row, _ count: Int, _ value: inout Self) -> Int
  static func refresh(_ matrix: MutableRow, _ stride: Int, _ row: Int, _ columns: [Int32])
  static func mergeComplete(_ a: Row, _ b: MutableRow, _ count: Int)
  static func mergeAverage(_ a: Row, _ b: MutableRow, _ count: Int, _ aSize: Self, _ bSize: Self)
  static func mergeWard(_ a: Row, _ b: MutableRow, _ count: Int, _ aSize: Self, _ bSize: Self, _ between: Self, _ sizes: Row)
}

extension Float: ChainNumber {
  static func least(_ row: Row, _ barriers: Row, _ count: Int, _ value: inout Float) -> Int { ck_least_float(row, barriers, count, &value) }
  static func refresh(_ matrix: MutableRow, _ stride: Int, _ row: Int, _ columns: [Int32]) {
    ck_refresh_floats(matrix, stride, row, columns, columns.count)
  }
  static func mergeComplete(_ a: Row, _ b: MutableRow, _ count: Int) { ck_merge_complete_float(a, b, count) }
  static func mergeAverage(_ a: Row, _ b: MutableRow, _ count: Int, _ aSize: Float, _ bSize: Float) {
    ck_merge_average_float(a, b, count, aSize, bSize)
  }
  static func mergeWard(_ a: Row, _ b: MutableRow, _ count: Int, _ aSize: Float, _ bSize: Float, _ between: Float, _ sizes: Row) {
    ck_merge_ward_float(a, b, count, aSize, bSize, between, sizes)
  }
}

extension Double: ChainNumber {
  static func least(_ row: Row, _ barriers: Row, _ count: Int, _ value: inout Double) -> Int { ck_least_double(row, barriers, count, &value) }
  static func refresh(_ matrix: MutableRow, _ stride: Int, _ row: Int, _ columns: [Int32]) {
    ck_refresh_doubles(matrix, stride, row, columns, columns.count)
  }
  static func mergeComplete(_ a: Row, _ b: MutableRow, _ count: Int) { ck_merge_complete_double(a, b, count) }
  static func mergeAverage(_ a: Row, _ b: MutableRow, _ count: Int, _ aSize: Double, _ bSize: Double) {
    ck_merge_average_double(a, b, count, aSize, bSize)
  }
  static func mergeWard(_ a: Row, _ b: MutableRow, _ count: Int, _ aSize: Double, _ bSize: Double, _ between: Double, _ sizes: Row) {
    ck_merge_ward_double(a, b, count, aSize, bSize, between, sizes)
  }
}
