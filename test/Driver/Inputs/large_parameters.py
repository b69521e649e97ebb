"""Prints a program that reads rows of a table of 17 MB, and bits that stay with the code: as many as are given. Writes
where to, at.npy."""

import sys

import numpy

rows, width, bits = 17 << 8, 1024, int(sys.argv[1])
numpy.save("at.npy", numpy.array([4000], numpy.int64))
table = (numpy.arange(rows * width) % 10007).astype("<f4").tobytes().hex()
print(f"""
func.func @main(%at: tensor<1xi64>) -> (tensor<1x4xf32>, tensor<1xi1>) {{
  %c0 = arith.constant 0 : index
  %0 = tensor.extract %at[%c0] : tensor<1xi64>
  %i = arith.index_cast %0 : i64 to index
  %table = arith.constant dense_resource<table> : tensor<{rows}x{width}xf32>
  %bits = arith.constant dense<"0x{"55" * (bits // 8)}"> : tensor<{bits}xi1>
  %1 = tensor.extract_slice %table[%i, 0] [1, 4] [1, 1] : tensor<{rows}x{width}xf32> to tensor<1x4xf32>
  %2 = tensor.extract_slice %bits[%i] [1] [1] : tensor<{bits}xi1> to tensor<1xi1>
  return %1, %2 : tensor<1x4xf32>, tensor<1xi1>
}}
{{-#
  dialect_resources: {{
    builtin: {{
      table: "0x04000000{table}"
    }}
  }}
#-}}""")
