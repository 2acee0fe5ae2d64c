package dev.hone;

import java.util.List;

/** One small configuration a decoder family, and one for each of its forms. */
public final class TinyDecoders {
  private TinyDecoders() {}

  /** A config in Llama's words for another architecture. */
  private static String like(String architecture, String extra) {
    return TinyModels.merged(
        TinyModels.llamaConfig("{'architectures': ['" + architecture + "']}"), extra);
  }

  private static String neo(String extra) {
    return TinyModels.merged(
        """
        {'architectures': ['GPTNeoForCausalLM'], 'hidden_size': 32, 'num_layers': 2,
         'num_heads': 4, 'max_position_embeddings': 64, 'vocab_size': 96, 'window_size': 3,
         'attention_types': [[['global', 'local'], 1]], 'initializer_range': 0.15}
        """,
        extra);
  }

  private static String gptj(String extra) {
    return TinyModels.merged(
        """
        {'architectures': ['GPTJForCausalLM'], 'n_embd': 32, 'n_layer': 2, 'n_head': 4,
         'n_positions': 64, 'rotary_dim': 4, 'vocab_size': 96, 'initializer_range': 0.15}
        """,
        extra);
  }

  private static String opt(String extra) {
    return TinyModels.merged(
        """
        {'architectures': ['OPTForCausalLM'], 'hidden_size': 32, 'num_hidden_layers': 2,
         'num_attention_heads': 4, 'ffn_dim': 48, 'max_position_embeddings': 64,
         'vocab_size': 96, 'initializer_range': 0.15}
        """,
        extra);
  }

  private static String bloom(String extra) {
    return TinyModels.merged(
        """
        {'architectures': ['BloomForCausalLM'], 'hidden_size': 48, 'n_layer': 2, 'n_head': 6,
         'seq_length': 64, 'vocab_size': 96, 'initializer_range': 0.15}
        """,
        extra);
  }

  private static String falcon(String extra) {
    return TinyModels.merged(
        """
        {'architectures': ['FalconForCausalLM'], 'hidden_size': 32, 'num_hidden_layers': 2,
         'num_attention_heads': 4, 'max_position_embeddings': 64, 'vocab_size': 96,
         'initializer_range': 0.15}
        """,
        extra);
  }

  /** Windows are 3 wide, so that rows of a few tokens meet their edge. */
  public static List<String> all() {
    return List.of(
        like("MistralForCausalLM", "{'sliding_window': 3}"),
        like("Qwen2ForCausalLM", "{'tie_word_embeddings': true}"),
        like(
            "Qwen2ForCausalLM",
            "{'use_sliding_window': true, 'sliding_window': 3, 'max_window_layers': 1}"),
        like("Qwen3ForCausalLM", "{'head_dim': 12, 'attention_bias': true}"),
        like("GemmaForCausalLM", "{'head_dim': 12, 'tie_word_embeddings': true}"),
        like(
            "Gemma2ForCausalLM",
            "{'head_dim': 12, 'sliding_window': 3, 'query_pre_attn_scalar': 20,"
                + " 'attn_logit_softcapping': 2.0, 'final_logit_softcapping': 3.0}"),
        like(
            "Gemma3ForCausalLM",
            "{'head_dim': 12, 'sliding_window': 3, 'sliding_window_pattern': 2, 'rope_scaling':"
                + " {'rope_type': 'linear', 'factor': 8.0}, 'query_pre_attn_scalar': 20}"),
        like("PhiForCausalLM", "{'qk_layernorm': true, 'partial_rotary_factor': 0.5}"),
        like("Phi3ForCausalLM", "{'partial_rotary_factor': 0.75, 'sliding_window': 3}"),
        like("Olmo2ForCausalLM", "{}"),
        like(
            "SmolLM3ForCausalLM",
            "{'no_rope_layers': [1, 0], 'use_sliding_window': true, 'sliding_window': 3}"),
        like("Starcoder2ForCausalLM", "{'sliding_window': 3}"),
        like(
            "GraniteForCausalLM",
            "{'embedding_multiplier': 3.0, 'residual_multiplier': 0.7,"
                + " 'attention_multiplier': 0.3, 'logits_scaling': 2.0}"),
        like("GPTNeoXForCausalLM", "{'num_key_value_heads': 4, 'rotary_pct': 0.5}"),
        like("GPTNeoXForCausalLM", "{'num_key_value_heads': 4, 'use_parallel_residual': false}"),
        TinyModels.gpt2Config(
            "{'scale_attn_by_inverse_layer_idx': true, 'scale_attn_weights': false}"),
        neo("{}"),
        gptj("{}"),
        opt("{}"),
        opt("{'do_layer_norm_before': false, 'word_embed_proj_dim': 20}"),
        bloom("{}"),
        bloom("{'apply_residual_connection_post_layernorm': true, 'initializer_range': 0.05}"),
        falcon("{}"),
        falcon("{'new_decoder_architecture': true, 'num_kv_heads': 2}"),
        falcon("{'alibi': true, 'parallel_attn': false, 'multi_query': false, 'bias': true}"));
  }

  /** Those whose rotary positions change in rows of more than 6 tokens. */
  public static List<String> stretching() {
    return List.of(
        like(
            "LlamaForCausalLM",
            "{'max_position_embeddings': 6, 'rope_scaling': {'type': 'dynamic', 'factor': 2.0}}"),
        like(
            "Phi3ForCausalLM",
            "{'original_max_position_embeddings': 6, 'rope_scaling': {'type': 'su',"
                + " 'short_factor': [1.0, 1.1, 1.2, 1.3], 'long_factor': [1.0, 2.0, 3.0, 4.0]}}"));
  }

  /** The first configuration of the family whose architectures begin like this. */
  public static String of(String family) {
    return TinyModels.decoderConfigs().stream()
        .filter(
            config ->
                config.contains("[\"" + family + "For") || config.contains("[\"" + family + "LM"))
        .findFirst()
        .orElseThrow();
  }

  /** The same with a classification head, where the architecture has one. */
  public static List<String> classifiers() {
    return all().stream()
        .filter(config -> !config.contains("Granite"))
        .map(config -> config.replace("Gemma3For", "Gemma3TextFor"))
        .map(config -> config.replace("GPT2LMHeadModel", "GPT2ForSequenceClassification"))
        .map(config -> config.replace("ForCausalLM", "ForSequenceClassification"))
        .toList();
  }
}
