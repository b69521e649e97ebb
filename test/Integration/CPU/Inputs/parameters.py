"""Prints a program that reads rows of two large tables; writes where to, at.npy."""

import struct

import numpy

rows, odd = 2000, 5001
table = b"".join(struct.pack("<f", i) for i in range(4 * rows)).hex()
small = bytes(i % 128 for i in range(odd)).hex()
numpy.save("at.npy", numpy.array([1300], numpy.int64))
print(f"""
func.func @main(%at: tensor<1xi64>) -> (tensor<1x4xf32>, tensor<1xi8>) {{
  %c0 = arith.constant 0 : index
  %0 = tensor.extract %at[%c0] : tensor<1xi64>
  %i = arith.index_cast %0 : i64 to index
  %small = arith.constant dense_resource<small> : tensor<{odd}xi8>
  %table = arith.constant dense_resource<table> : tensor<{rows}x4xf32>
  %1 = tensor.extract_slice %table[%i, 0] [1, 4] [1, 1] : tensor<{rows}x4xf32> to tensor<1x4xf32>
  %2 = tensor.extract_slice %small[%i] [1] [1] : tensor<{odd}xi8> to tensor<1xi8>
  return %1, %2 : tensor<1x4xf32>, tensor<1xi8>
}}
{{-#
  dialect_resources: {{
    builtin: {{
      small: "0x01000000{small}",
      table: "0x04000000{table}"
    }}
  }}
#-}}""")
