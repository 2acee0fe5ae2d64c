package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads the fields of one protobuf message (Protocol Buffers wire format).
 *
 * <p>Every length is checked against what is left before anything is cut out.
 */
final class ProtoReader {
  private final ByteBuffer bytes;
  private final String where;
  private int wire;

  /** {@code where} names the file in refusals. */
  ProtoReader(ByteBuffer bytes, String where) {
    this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.where = where;
  }

  /** Number of the next field, or 0 at the end. Its value must be read or skipped then. */
  int next() {
    if (!bytes.hasRemaining()) {
      return 0;
    }
    long tag = varint();
    wire = (int) (tag & 7);
    long field = tag >>> 3;
    if (field < 1 || field > 0x1FFF_FFFF) {
      throw broken("field number " + field);
    }
    return (int) field;
  }

  long number() {
    require(0);
    return varint();
  }

  int integer() {
    return (int) number();
  }

  boolean flag() {
    return number() != 0;
  }

  float real() {
    require(5);
    return need(4).getFloat();
  }

  String text() {
    ByteBuffer raw = block();
    try {
      CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(raw);
      return chars.toString();
    } catch (CharacterCodingException e) {
      throw broken("a text that is not UTF-8");
    }
  }

  ProtoReader message() {
    return new ProtoReader(block(), where);
  }

  byte[] raw() {
    ByteBuffer block = block();
    byte[] copy = new byte[block.remaining()];
    block.get(copy);
    return copy;
  }

  void skip() {
    switch (wire) {
      case 0 -> varint();
      case 1 -> need(8);
      case 2 -> block();
      case 5 -> need(4);
      default -> throw broken("wire type " + wire);
    }
  }

  HoneException broken(String what) {
    return new HoneException(
        where + " is not a SentencePiece model: " + what + "; download it again");
  }

  private ByteBuffer block() {
    require(2);
    long length = varint();
    if (length < 0 || length > bytes.remaining()) {
      throw broken(
          "a field of " + length + " bytes where " + bytes.remaining() + " bytes are left");
    }
    return need((int) length);
  }

  private ByteBuffer need(int count) {
    if (count > bytes.remaining()) {
      throw broken("it ends inside a field");
    }
    ByteBuffer part = bytes.slice(bytes.position(), count).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + count);
    return part;
  }

  private void require(int expected) {
    if (wire != expected) {
      throw broken("wire type " + wire + " where " + expected + " is expected");
    }
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!bytes.hasRemaining()) {
        throw broken("it ends inside a number");
      }
      byte b = bytes.get();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw broken("a number of more than ten bytes");
  }
}
