// A compiled shared library is run like a model, by its description.

// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: attn-compile %s -o model.so
// RUN: attn-run model.so --function=scale --random-inputs --dim n=3 --seed=2 --output=a.npy
// RUN: attn-run %s --function=scale --random-inputs --dim n=3 --seed=2 --output=b.npy
// RUN: cmp a.npy b.npy
// RUN: attn-run model.so --function=scale --input=x=a.npy --benchmark=0 | FileCheck %s
// CHECK: y f32 [3]: mean
// CHECK: time: median
// RUN: attn-run model.so --random-inputs | FileCheck %s --check-prefix=MAIN
// MAIN: result0 u8 [2]: mean 250, min 250, max 250
// MAIN-NEXT: [250, 250]

// RUN: not attn-run model.so --function=scale --random-inputs 2>&1 | FileCheck %s --check-prefix=DIM
// DIM: attn-run: error: expected --dim NAME=N for each dynamic dimension, got none for 'n'
// RUN: not attn-run model.so --function=scale --random-inputs --dim n=3 --dim m=3 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: attn-run: error: expected the name of a dynamic dimension of 'scale' in --dim (n), got 'm'
// RUN: not attn-run model.so --function=shift 2>&1 | FileCheck %s --check-prefix=FUNCTION
// FUNCTION: attn-run: error: expected a function of scale, main, got 'shift'

// RUN: cp model.so alone.so
// RUN: not attn-run alone.so --random-inputs 2>&1 | FileCheck %s --check-prefix=ALONE
// ALONE: attn-run: error: expected the artifact's description at 'alone.json', got: No such file or directory
// RUN: cp model.json text.json && echo text > text.so
// RUN: not attn-run text.so --random-inputs 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: attn-run: error: 'text.so': expected a shared library, got a file of another kind

// A library is looked at before it is mapped.
// RUN: cp model.json cut.json && head -c 3000 model.so > cut.so
// RUN: not attn-run cut.so --random-inputs 2>&1 | FileCheck %s --check-prefix=CUT
// CUT: attn-run: error: 'cut.so': expected a whole shared library, got 3000 bytes, of which
// RUN: head -c 40 model.so > cut.so
// RUN: not attn-run cut.so --random-inputs 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: attn-run: error: 'cut.so': expected a whole shared library, got 40 bytes, of which its header needs 64
// RUN: : > cut.so
// RUN: not attn-run cut.so --random-inputs 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: attn-run: error: 'cut.so': expected a shared library, got an empty file
// RUN: attn-compile %s -o object.o && cp object.o cut.so
// RUN: not attn-run cut.so --random-inputs 2>&1 | FileCheck %s --check-prefix=OBJECT
// OBJECT: attn-run: error: 'cut.so': expected a shared library, got an ELF file of type 1 (object)
// RUN: rm cut.so && mkdir cut.so
// RUN: not attn-run cut.so --random-inputs 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: attn-run: error: 'cut.so': expected a shared library, got a folder
// RUN: rmdir cut.so && mkfifo cut.so
// RUN: not attn-run cut.so --random-inputs 2>&1 | FileCheck %s --check-prefix=PIPE
// PIPE: attn-run: error: 'cut.so': expected a shared library, got no regular file
// e_machine of AArch64.
// RUN: %python -c "b = bytearray(open('model.so', 'rb').read()); b[18] = 183; open('arm.so', 'wb').write(b)"
// RUN: not attn-run arm.so --random-inputs 2>&1 | FileCheck %s --check-prefix=MACHINE
// MACHINE: attn-run: error: 'arm.so': expected a shared library for x86_64, got one for AArch64

// One that is not what the description was written with: garbled, or another.
// RUN: cp model.json other.json && attn-compile %s --plain -O0 -o unlike.so && cp unlike.so other.so
// RUN: not attn-run other.so --random-inputs 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: attn-run: error: 'other.so': expected the library that its description was written with ({{[0-9]+}} bytes, CRC-32 {{[0-9]+}}), got
// RUN: %python -c "import json; d = json.load(open('model.json')); del d['library']; json.dump(d, open('other.json', 'w'))"
// RUN: attn-run other.so --random-inputs | FileCheck %s --check-prefix=MAIN

// RUN: echo '{"functions": [{"name": "f", "symbol": "f", "inputs": [{"name": "x", "dtype": "f31", "shape": []}], "outputs": []}]}' > alone.json
// RUN: not attn-run alone.so --random-inputs 2>&1 | FileCheck %s --check-prefix=DTYPE
// DTYPE: attn-run: error: alone.json: {{.*}}expected a dtype such as f32
// RUN: echo '{' > alone.json
// RUN: not attn-run alone.so --random-inputs 2>&1 | FileCheck %s --check-prefix=JSON
// JSON: attn-run: error: alone.json: expected JSON, got:

func.func @scale(%x: tensor<?xf32> {attn.name = "x", attn.dim_names = ["n"]})
    -> (tensor<?xf32> {attn.name = "y", attn.dim_names = ["n"]}) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %0 = linalg.add ins(%x, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

func.func @main() -> (tensor<2xi8> {attn.unsigned}) {
  %0 = arith.constant dense<250> : tensor<2xi8>
  return %0 : tensor<2xi8>
}
