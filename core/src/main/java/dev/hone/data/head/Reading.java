package dev.hone.data.head;

import dev.hone.data.Target;
import dev.hone.data.TokenRow;
import dev.hone.tokenizer.Encoding;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row for a head, and where its tokens come from; an example that is too long for one row has
 * several.
 */
public record Reading(TokenRow row, Encoding encoding) {

  /** The same of a row that belongs to a task among several. */
  public Reading ofTask(String name) {
    return new Reading(row.ofTask(name), encoding);
  }

  static Reading of(Encoding encoding, int label, @Nullable Target target, String origin) {
    return new Reading(row(encoding, label, List.of(), target, origin), encoding);
  }

  /** Nothing is to be written, so no token is learned. */
  static TokenRow row(
      Encoding encoding, int label, List<TokenRow> others, @Nullable Target target, String origin) {
    return new TokenRow(
        encoding.ids(),
        new boolean[encoding.length()],
        label,
        origin,
        others,
        types(encoding),
        target);
  }

  private static int @Nullable [] types(Encoding encoding) {
    return Arrays.stream(encoding.types()).anyMatch(type -> type != 0) ? encoding.types() : null;
  }
}
