"""Step graphs as pictures, trees and data: one module per format, found by its file name."""
