package dev.hone.model;

import dev.hone.tensor.Tape;
import org.jspecify.annotations.Nullable;

/**
 * What stands before the positions that a pass computes: those that the cache holds or, where rows
 * begin, an adapter's virtual tokens.
 *
 * @param inputs what is read, with what virtual tokens add to it
 * @param seen positions whose keys and values are there already
 * @param prefix what every layer puts before its own where no cache does, or null
 */
record Beginning(Inputs inputs, long seen, VirtualTokens.@Nullable KeysAndValues prefix) {

  static Beginning of(Inputs given, Pass pass) {
    return of(given, pass, pass.virtualTokens());
  }

  /**
   * @param own the virtual tokens that are this stack's, or null
   */
  static Beginning of(Inputs given, Pass pass, @Nullable VirtualTokens own) {
    KeyValueCache cache = pass.cache();
    return switch (own) {
      case null -> new Beginning(given, cache == null ? 0 : cache.length(), null);
      case VirtualTokens.Prompt prompt -> new Beginning(given.prompted(prompt.count()), 0, null);
      case VirtualTokens.Prefix prefix -> {
        // Every layer takes its part: what made it is gone back through once.
        var all =
            new VirtualTokens.KeysAndValues(Tape.boundary(prefix.keysAndValues().apply(pass)));
        if (cache != null) {
          cache.fill(all, given.rows());
        }
        Inputs inputs = given.prefixed(prefix.count());
        yield new Beginning(inputs, prefix.count(), cache == null ? all : null);
      }
    };
  }
}
