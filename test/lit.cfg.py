"""How lit runs the tests of attn-mlir. Optional tools and hardware are features: absent means UNSUPPORTED."""

import os
import shutil
import subprocess
import sys

import lit.formats

config.name = "attn-mlir"
config.test_format = lit.formats.ShTest(execute_external=True)
config.suffixes = [".mlir", ".test", ".c", ".py", ".pbtxt", ".ptx", ".ll"]
config.excludes = ["CMakeLists.txt", "lit.cfg.py", "lit.site.cfg.py", "elsewhere.py", "named_cpu.py", "on_device.py", "Inputs", "Output"]
config.test_source_root = os.path.dirname(__file__)

# --param native=CPU: what does not run its code, as on a machine with that CPU; in another folder, because
# test/Dev/other-machines.test does it while the other tests run.
native = lit_config.params.get("native")
if native:
    sys.path.insert(0, config.test_source_root)
    import elsewhere
    config.name += f" on {native}"
    config.test_format = elsewhere.Elsewhere(execute_external=True)
    config.test_exec_root = os.path.join(config.test_exec_root, "native", native)
    config.environment["ATTN_NATIVE_CPU"] = native

tools = os.path.join(config.attn_obj_root, "tools")
paths = [os.path.join(tools, d) for d in sorted(os.listdir(tools))] + [config.llvm_tools_dir]
config.environment["FILECHECK_OPTS"] = "-enable-var-scope --allow-unused-prefixes=false"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
if config.sanitized:
    # LLVM's allocator poisons by itself; the shared libraries are not instrumented; programs handle a lack of memory.
    options = ["allow_user_poisoning=0", "detect_leaks=0", "detect_container_overflow=0", "allocator_may_return_null=1"]
    config.environment.setdefault("ASAN_OPTIONS", ":".join(options))
    config.available_features.add("sanitized")
    paths.insert(0, os.path.join(config.attn_obj_root, "test", "instrumented"))

# --param device=ptx-interpreter|gpu: attn-run runs there what tests run on a CPU.
device = lit_config.params.get("device")
if device:
    sys.path.insert(0, config.test_source_root)
    import on_device
    config.name += f" on {device}"
    config.test_format = on_device.OnDevice(execute_external=True)
    config.test_exec_root = os.path.join(config.test_exec_root, "device", device)
    config.environment["ATTN_DEVICE"] = device
    config.environment["ATTN_RUN"] = os.path.join(tools, "attn-run", "attn-run")
    libraries = os.path.join(config.test_exec_root, "libraries")
    shutil.rmtree(libraries, ignore_errors=True)
    os.makedirs(libraries)
    config.environment["ATTN_LIBRARIES"] = libraries
    paths.insert(0, os.path.join(config.test_source_root, "Integration", "GPU", "Inputs", "on-device"))

config.environment["PATH"] = os.pathsep.join(paths + [os.environ.get("PATH", "")])

config.substitutions.append(("%python", config.python))
config.substitutions.append(("%lit", f"{config.python} {config.llvm_tools_dir}/lit"))
config.substitutions.append(("%cc", config.host_cc))
# What the environment of a program has to say that loads a library of ours that is instrumented.
config.substitutions.append(("%preload", config.preload))
config.substitutions.append(("%src", config.attn_src_root))
config.substitutions.append(("%build", config.attn_obj_root))


def works(*command):
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if works(config.python, "-c", "import numpy"):
    config.available_features.add("numpy")
if works(config.python, "-c", "import onnx, onnxruntime"):
    config.available_features.add("onnxruntime")
if works(config.python, "-c", "import PIL"):
    config.available_features.add("pillow")
if works(config.python, "-c", "import ctypes; ctypes.CDLL('libcuda.so.1')"):
    config.available_features.add("nvidia-driver")
for tool in ("cmake", "ninja"):
    if shutil.which(tool):
        config.available_features.add(tool)
# ptxas as attn-compile finds it; tools/dev/test installs one where there is none.
cuda_home = os.environ.get("CUDA_HOME", "")
config.environment["CUDA_HOME"] = cuda_home
ptxas = shutil.which("ptxas", path=os.path.join(cuda_home, "bin")) or shutil.which("ptxas")
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", ptxas))
# A disk that fills: a small file system in a mount namespace of its own.
if works("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"):
    config.available_features.add("mount")

# The ONNX operator tests lie beside the checkout where the team has them.
onnx_tests = os.path.join(config.attn_src_root, os.pardir, "shared", "onnx-tests")
if os.path.isdir(onnx_tests):
    config.available_features.add("onnx-tests")
    config.substitutions.append(("%onnx_tests", os.path.realpath(onnx_tests)))

# So do whole models from PyTorch's exporters, with their data.
exported_models = os.path.join(config.attn_src_root, os.pardir, "shared", "models")
if os.path.isdir(exported_models):
    config.available_features.add("exported-models")
    config.substitutions.append(("%exported_models", os.path.realpath(exported_models)))

# So does a prototype that prints kernels for GPUs.
gpu_prototype = os.path.join(config.attn_src_root, os.pardir, "shared", "gpu", "prototype")
if os.path.isdir(gpu_prototype):
    config.available_features.add("gpu-prototype")
    config.substitutions.append(("%gpu_prototype", os.path.realpath(gpu_prototype)))


def cpu_flags():
    try:
        with open("/proc/cpuinfo") as info:
            return next((set(line.split(":")[1].split()) for line in info if line.startswith("flags")), set())
    except OSError:
        return set()


flags = cpu_flags()
for feature, needs in {
    "cpu-avx2": {"avx2", "fma", "f16c", "bmi2"},
    "cpu-avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"},
    "cpu-amx": {"amx_tile", "amx_bf16"},
    "cpu-cmpccxadd": {"cmpccxadd"},
}.items():
    if needs <= flags:
        config.available_features.add(feature)
