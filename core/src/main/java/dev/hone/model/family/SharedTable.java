package dev.hone.model.family;

import dev.hone.model.Parts;
import java.util.List;

/** Where a file keeps the one table of token vectors that encoder, decoder and head share. */
final class SharedTable {
  private SharedTable() {}

  /** Files leave out all but one of the names of a shared tensor, and not always the same ones. */
  static String name(Parts parts, String prefix) {
    return List.of("shared", "encoder.embed_tokens", "decoder.embed_tokens").stream()
        .map(name -> prefix + name)
        .filter(name -> parts.has(name + ".weight"))
        .findFirst()
        .orElse(prefix + "shared");
  }
}
