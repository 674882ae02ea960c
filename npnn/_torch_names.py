"""Names of torch's that npnn does not have, or did not have when they were listed: see `npnn._missing`."""

from __future__ import annotations

NAMES: dict[str, str] = {
    "torch": (
        """
    affine_grid_generator alias_copy alpha_dropout_ as_strided_ as_strided_copy as_strided_scatter
    bartlett_window batch_norm_backward_elemt batch_norm_backward_reduce batch_norm_elemt
    batch_norm_gather_stats batch_norm_gather_stats_with_counts batch_norm_stats batch_norm_update_stats
    bcomplex32 bfloat16 binary_cross_entropy_with_logits binomial bit bits16 bits1x8 bits2x4 bits4x2 bits8
    blackman_window ccol_indices_copy chalf cholesky cholesky_inverse cholesky_solve
    choose_qparams_optimized classproperty clear_autocast_cache col_indices_copy compiled_with_cxx11_abi
    complex complex32 cond constant_pad_nd convolution cosine_embedding_loss crow_indices_copy ctc_loss
    dequantize detach_copy diagonal_copy dropout_ dsmm eig embedding_bag embedding_renorm_ empty_permuted
    empty_quantized empty_strided expand_copy feature_alpha_dropout_ feature_dropout feature_dropout_
    float4_e2m1fn_x2 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu fork
    frobenius_norm from_dlpack from_file frombuffer fused_moving_avg_obs_fake_quant geqrf
    get_deterministic_debug_mode get_device_module get_file_path get_num_interop_threads gradient
    grid_sampler grid_sampler_2d grid_sampler_3d gru gru_cell hamming_window hann_window has_lapack
    has_mkl has_openmp has_spectral hash_tensor hinge_embedding_loss histogramdd hsmm hspmm igamma igammac
    imag indices_copy init_num_threads int1 int2 int3 int4 int5 int6 int7 int_repr
    is_conj is_distributed is_neg is_vulkan_available
    is_warn_always_enabled istft jagged kaiser_window kl_div legacy_contiguous_format lobpcg lstm
    lstm_cell lstsq lu lu_solve lu_unpack margin_ranking_loss matrix_rank native_batch_norm
    native_channel_shuffle native_dropout native_group_norm native_layer_norm native_norm nonzero_static
    norm_except_dim nuclear_norm orgqr ormqr pca_lowrank per_channel_affine
    per_channel_affine_float_qparams per_channel_symmetric per_tensor_affine per_tensor_symmetric
    permute_copy poisson poisson_nll_loss polar prepare_multiprocessing_environment qint32 qint8 qr
    qscheme quint2x4 quint4x2 quint8 range resize_as_ resize_as_sparse_ rnn_relu rnn_relu_cell rnn_tanh
    rnn_tanh_cell row_indices_copy saddmm segment_reduce select_copy
    set_default_tensor_type set_deterministic_debug_mode set_num_interop_threads set_warn_always
    slice_copy slice_inverse smm solve sparse_bsc sparse_bsc_tensor sparse_bsr sparse_bsr_tensor
    sparse_compressed_tensor sparse_coo sparse_coo_tensor sparse_csc sparse_csc_tensor sparse_csr
    sparse_csr_tensor split_copy split_with_sizes_copy spmm squeeze_copy sspaddmm stft svd_lowrank
    sym_constrain_range sym_constrain_range_for_size sym_float sym_fresh_size sym_int sym_ite sym_max
    sym_min sym_not sym_sqrt sym_sum symeig t_copy thread_safe_generator to_dlpack transpose_copy
    triangular_solve triplet_margin_loss uint1 uint2 uint3 uint4 uint5 uint6 uint7 unbind_copy unfold_copy
    unify_type_list unsafe_split_with_sizes unsqueeze_copy values_copy vander view_as_complex
    view_as_complex_copy view_as_real view_as_real_copy view_copy vmap wait while_loop
    """
    ),
    "torch.Tensor": (
        """
    apply_ as_strided_ as_strided_scatter as_subclass bfloat16 ccol_indices chalf cholesky
    cholesky_inverse cholesky_solve coalesce col_indices const_data_ptr crow_indices dense_dim dequantize
    dim_order eig geqrf grad_dtype hardshrink hash_tensor igamma igamma_ igammac igammac_ index indices
    int_repr ipu is_coalesced is_distributed is_ipu is_maia is_meta is_mkldnn is_mps is_mtia is_nested
    is_quantized is_set_to is_sparse_csr is_vulkan is_xla is_xpu istft lstsq lu lu_solve map2_ map_
    module_load mtia name new_empty_strided nonzero_static orgqr ormqr prelu qr qscheme record_stream
    reinforce resize resize_ resize_as resize_as_ resize_as_sparse_ row_indices set_ share_memory_
    slice_inverse smm solve sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ sspaddmm stft
    storage storage_type symeig to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr
    to_sparse_coo to_sparse_csc to_sparse_csr triangular_solve unsafe_split_with_sizes untyped_storage
    values volatile xpu
    """
    ),
}
"""By place: the names, with spaces between them."""

INSTEAD = {
    "resize_": "not, as the memory of an ndarray keeps its size: reshape(), or give x.data another tensor",
    "set_": "not, as a tensor shows one ndarray: copy_() another's values, or give x.data the other tensor",
}
"""Of names that npnn will not have, why, and what does the same."""
