package dev.hone.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "4 GiB,4294967296",
    "4GiB,4294967296",
    "1.5 GB,1500000000",
    "512 MiB,536870912",
    "0.125 KiB,128",
    "7 B,7"
  })
  void readsWhatPeopleWrite(String text, long bytes) {
    assertEquals(ByteSize.of(bytes), ByteSize.read(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "4", "GiB", "-4 GiB", "0 GiB", "4 gib", "4 G", "1e3 MiB", "99999 TiB"})
  void anythingElseIsNoAmount(String text) {
    assertNull(ByteSize.read(text));
  }

  @Test
  void isReadBackAsItWasWritten() {
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      ByteSize size = ByteSize.of(1 + (random.nextLong() >>> 15 + random.nextInt(40)));
      assertEquals(size, ByteSize.read(size.toString()), size.toString());
    }
    assertEquals("4 GiB", ByteSize.of(4L << 30).toString());
    assertEquals("1.5 MiB", ByteSize.of(3L << 19).toString());
  }
}
