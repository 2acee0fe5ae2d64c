package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.BitSet;

/**
 * Proves that a precompiled normalisation map of SentencePiece never leads outside of itself.
 *
 * <p>The map is a double array (Darts-clone: 32-bit units with label, offset and leaf flag) over
 * UTF-8 keys, followed by the replacements, each ended by a zero byte. The native library walks it
 * without asking, and a step outside would end the whole process.
 */
final class CharsMap {
  private CharsMap() {}

  /** {@code where} names the file in the refusal. */
  static void check(byte[] map, String where) {
    ByteBuffer in = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
    long size = map.length < 4 ? -1 : Integer.toUnsignedLong(in.getInt());
    if (size < 4 || size % 4 != 0 || size > in.remaining()) {
      throw broken(where);
    }
    int[] units = new int[(int) (size / 4)];
    for (int i = 0; i < units.length; i++) {
      units[i] = in.getInt();
    }
    byte[] texts = new byte[in.remaining()];
    in.get(texts);
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
    } catch (CharacterCodingException e) {
      throw broken(where);
    }
    BitSet seen = new BitSet(units.length);
    ArrayDeque<Integer> open = new ArrayDeque<>();
    open.add(offset(units[0]));
    while (!open.isEmpty()) {
      int node = open.poll();
      for (int c = 1; c < 256; c++) {
        int child = node ^ c;
        if (child < 0 || child >= units.length) {
          throw broken(where);
        }
        int unit = units[child];
        if ((unit & 0x8000_00FF) != c) {
          continue;
        }
        int target = child ^ offset(unit);
        if (target < 0 || target >= units.length) {
          throw broken(where);
        }
        if ((unit >>> 8 & 1) == 1 && !startsCharacter(texts, units[target] & 0x7FFF_FFFF)) {
          throw broken(where);
        }
        if (!seen.get(target)) {
          seen.set(target);
          open.add(target);
        }
      }
    }
  }

  private static boolean startsCharacter(byte[] texts, int index) {
    return index < texts.length ? (texts[index] & 0xC0) != 0x80 : index == texts.length;
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & 1 << 9) >>> 6);
  }

  private static HoneException broken(String where) {
    return new HoneException(
        where + " is a broken table of normalisation rules; download the file again");
  }
}
