/**
 * A YAML file bound strictly to records: unknown keys, wrong types and ranges are refused by line.
 */
@NullMarked
package dev.hone.config;

import org.jspecify.annotations.NullMarked;
