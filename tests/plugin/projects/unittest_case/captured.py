"""Run by `python -m unittest captured`, without pytest."""

import unittest

from shop import app

from respstart.testing import capture_findings


class CapturedCase(unittest.TestCase):
    def setUp(self):
        self.findings = self.enterContext(capture_findings())

    def test_report(self):
        self.assertEqual(app.test_client().get("/report").text, "row 0\n")
        [finding] = self.findings
        self.assertEqual((finding.rule, finding.first_writer.function, finding.late_writer.function), ("RS101", "report", "report.rows"))

    def test_hello(self):
        self.assertEqual(app.test_client().get("/hello").text, "hello")
        self.assertEqual(self.findings, [])

    def test_reports(self):
        for _ in range(3):
            with self.subTest(), capture_findings() as findings:
                self.assertEqual(app.test_client().get("/report").text, "row 0\n")
                self.assertEqual(len(findings), 1)
        self.assertEqual(len(self.findings), 3)
