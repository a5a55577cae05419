"""Builds `detector.kernel` as a C extension where a C compiler is found; elsewhere the same file runs interpreted."""

from Cython.Build import cythonize
from setuptools import Extension, setup

# A fused multiply-add rounds once where Python rounds twice; compiled and interpreted sums must agree to the bit.
KERNEL = Extension("detector.kernel", ["detector/kernel.py"], extra_compile_args=["-ffp-contract=off"])

extensions = cythonize([KERNEL], build_dir="build/cython", compiler_directives={"language_level": 3})
for extension in extensions:
    # A failed compilation is a warning, not an error. Set here because `cythonize` forgets it.
    extension.optional = True

setup(ext_modules=extensions)
