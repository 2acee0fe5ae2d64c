package dev.hone.model.family;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What fastai calls the tensors of an AWD-LSTM. A language model is a sequence of encoder and
 * decoder, a classifier one of a sentence encoder and its pooling layers; an encoder may stand
 * alone.
 */
final class FastaiNames {
  private static final String TABLE = "encoder.weight";
  private static final List<String> ENCODERS = List.of("0.", "0.module.", "");

  /** Beginnings of names here, and there. */
  private static final Map<String, String> HEADS =
      Map.of(
          "lm_head.", "1.decoder.",
          "classifier.pooled_norm.", "1.layers.0.0.",
          "classifier.dense.", "1.layers.0.2.",
          "classifier.dense_norm.", "1.layers.1.0.",
          "classifier.out.", "1.layers.1.2.");

  private FastaiNames() {}

  /** From the names here to those of a file; the same where it is none of fastai's. */
  static UnaryOperator<String> of(Set<String> inFile) {
    return ENCODERS.stream()
        .filter(encoder -> inFile.contains(encoder + TABLE))
        .findFirst()
        .<UnaryOperator<String>>map(encoder -> name -> named(encoder, name))
        .orElse(UnaryOperator.identity());
  }

  private static String named(String encoder, String name) {
    for (Map.Entry<String, String> head : HEADS.entrySet()) {
      if (name.startsWith(head.getKey())) {
        return head.getValue() + name.substring(head.getKey().length());
      }
    }
    return name.replaceFirst("^model\\.embed_tokens\\.weight$", encoder + TABLE)
        // The module beside it holds a copy, of which some entries may have been dropped.
        .replaceFirst("^model\\.layers\\.(\\d+)\\.weight_hh$", encoder + "rnns.$1.weight_hh_l0_raw")
        .replaceFirst("^model\\.layers\\.(\\d+)\\.(\\w+)$", encoder + "rnns.$1.module.$2_l0");
  }
}
