package dev.hone.issues;

import dev.hone.TinyDecoders;
import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.data.Refused;
import dev.hone.model.family.Families;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A configuration that counts nothing, where something is divided by the count, broke. */
class CountOfNothingTest {

  static Stream<Arguments> counts() {
    return Stream.of(
        Arguments.of(TinyModels.merged(TinyDecoders.of("GPTJ"), "{'n_head': 0}"), "0 heads"),
        Arguments.of(
            TinyModels.merged(
                TinyDecoders.of("SmolLM3"),
                "{'no_rope_layers': null, 'no_rope_layer_interval': 0}"),
            "no_rope_layer_interval"),
        Arguments.of(
            TinyEncoders.config(
                "ModernBertForMaskedLM", "{'layer_types': null, 'global_attn_every_n_layers': 0}"),
            "global_attn_every_n_layers"));
  }

  @ParameterizedTest
  @MethodSource("counts")
  void isRefused(String config, String named) {
    Refused.with(named, () -> Families.random(TinyModels.config(config)).close());
  }
}
