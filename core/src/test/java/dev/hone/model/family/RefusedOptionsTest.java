package dev.hone.model.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyDecoders;
import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.tensor.NativeMemory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An option that is not built is refused in one line that names it, never passed over. */
class RefusedOptionsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "Llama    | {'partial_rotary_factor': 0.5}                      | partial_rotary_factor",
        "Llama    | {'num_key_value_heads': 3}                          | num_key_value_heads",
        "Llama    | {'rope_scaling': {'rope_type': 'longrope', 'short_factor': [1.0], 'long_factor': [1.0]}} | rope_scaling.",
        "Mistral  | {'layer_types': ['sliding_attention', 'full_attention']} | layer_types",
        "Mistral  | {'sliding_window': 0}                               | sliding_window",
        "Qwen2    | {'use_sliding_window': false, 'layer_types': ['sliding_attention', 'full_attention']} | sliding_window",
        "Qwen3    | {'layer_types': ['full_attention', 'linear_attention']} | layer_types",
        "Gemma    | {'use_bidirectional_attention': true}               | use_bidirectional_attention",
        "Gemma2   | {'layer_types': ['full_attention']}                 | layer_types",
        "Gemma3   | {'attn_logit_softcapping': 50.0}                    | attn_logit_softcapping",
        "Phi      | {'partial_rotary_factor': 0.1}                      | rotary dimensions",
        "Phi3     | {'rope_scaling': {'rope_type': 'linear', 'factor': 2.0}} | rope_scaling",
        "Phi3     | {'attention_bias': true}                            | attention_bias",
        "SmolLM3  | {'no_rope_layers': [1]}                             | no_rope_layers",
        "GPT2     | {'add_cross_attention': true}                       | add_cross_attention",
        "GPTNeo   | {'attention_types': [[['global', 'sparse'], 1]]}    | attention_types",
        "GPTJ     | {'rotary_dim': null}                                | rotary_dim",
        "OPT      | {'layer_norm_elementwise_affine': false}            | layer_norm_elementwise_affine",
        "OPT      | {'layerdrop': 0.1}                                  | layerdrop",
        "Falcon   | {'new_decoder_architecture': true, 'parallel_attn': false} | parallel_attn",
        "Falcon   | {'num_ln_in_parallel_attn': 2}                      | num_ln_in_parallel_attn",
        "Falcon   | {'multi_query': false, 'num_kv_heads': 2}           | num_kv_heads"
      })
  void isNamed(String family, String extra, String named) {
    String config = TinyModels.merged(TinyDecoders.of(family), extra);
    long before = NativeMemory.objects();
    HoneException refused =
        assertThrows(HoneException.class, () -> Families.random(TinyModels.config(config)));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(named), message);
    assertEquals(1, message.lines().count(), message);
    assertEquals(before, NativeMemory.objects(), "what was made before the refusal is freed");
  }

  @ParameterizedTest
  @CsvSource({"Gemma3ForConditionalGeneration", "MixtralForCausalLM", "RWForCausalLM"})
  void anUnknownArchitectureIsNamedWithThoseThatAreKnown(String architecture) {
    String config = TinyModels.llamaConfig("{'architectures': ['" + architecture + "']}");
    HoneException refused =
        assertThrows(HoneException.class, () -> Families.random(TinyModels.config(config)));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains("'" + architecture + "'"), message);
    assertTrue(message.contains("Falcon"), message);
  }
}
