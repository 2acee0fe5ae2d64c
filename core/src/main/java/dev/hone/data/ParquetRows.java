package dev.hone.data;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rows of an Apache Parquet file; lists and structs become JSON arrays and objects. One row group
 * is in memory at a time. A row's place is its number, since the format has no lines.
 */
final class ParquetRows {
  private ParquetRows() {}

  static void read(Path file, Consumer<Row> reader) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .build();
    long row = 0;
    try (ParquetFileReader in = ParquetFileReader.open(new LocalInputFile(file), options)) {
      FileMetaData meta = in.getFooter().getFileMetaData();
      MessageType schema = meta.getSchema();
      ClassLabels names = ClassLabels.of(meta.getKeyValueMetaData());
      MessageColumnIO columns = new ColumnIOFactory().getColumnIO(schema);
      for (PageReadStore group = in.readNextRowGroup();
          group != null;
          group = in.readNextRowGroup()) {
        RecordReader<Group> records =
            columns.getRecordReader(group, new GroupRecordConverter(schema));
        for (long i = 0; i < group.getRowCount(); i++) {
          row++;
          Group record = next(records, file, row);
          ObjectNode fields = names.named(ParquetValues.object(record, schema));
          reader.accept(new Row(fields, file + ":" + row));
        }
      }
    } catch (HoneException e) {
      throw e;
    } catch (RuntimeException e) { // the library's answer to every kind of broken file
      throw broken(file, row, e);
    }
  }

  private static Group next(RecordReader<Group> records, Path file, long row) {
    try {
      return records.read();
    } catch (RuntimeException e) {
      throw broken(file, row, e);
    }
  }

  private static HoneException broken(Path file, long row, RuntimeException e) {
    String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    String where = row == 0 ? "" : " at row " + row;
    return new HoneException(
        file + ": broken Parquet" + where + ": " + reason + "; write or download it again", e);
  }
}
