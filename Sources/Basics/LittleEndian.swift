extension UnsafeRawBufferPointer {
  /// The 32-bit float whose four bytes begin at `offset`, least significant first, aligned or not.
  package func float(at offset: Int) -> Float { Float(bitPattern: UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))) }

  /// The 64-bit float whose eight bytes begin at `offset`.
  package func double(at offset: Int) -> Double { Double(bitPattern: UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))) }
}
