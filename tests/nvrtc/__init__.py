"""NVIDIA's compiler on all CUDA kernels. It needs neither a GPU nor a driver:

pip install nvidia-cuda-nvrtc-cu12
python -m pytest tests/nvrtc
"""
